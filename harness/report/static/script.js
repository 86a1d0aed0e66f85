"use strict";
(function () {
  const root = document.documentElement;
  const plotlySource = document.currentScript.dataset.plotly;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  // ---- theme ----
  function theme() {
    return root.dataset.theme || (dark.matches ? "dark" : "light");
  }

  function setUpTheme() {
    const button = document.getElementById("theme");
    const label = () => {
      button.textContent = theme() === "dark" ? "Light theme" : "Dark theme";
    };
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      root.dataset.theme = theme() === "dark" ? "light" : "dark";
      try {
        window.localStorage.setItem("rl-harness-theme", root.dataset.theme);
      } catch (error) {
        root.dataset.themeStored = "no";
      }
      label();
      redraw();
    });
    dark.addEventListener("change", () => {
      label();
      redraw();
    });
  }

  // ---- sortable tables ----
  function key(row, column, kind) {
    const cell = row.cells[column];
    const value = cell.dataset.value !== undefined ? cell.dataset.value : cell.textContent.trim();
    if (kind !== "number") {
      return value.toLocaleLowerCase();
    }
    return value === "" ? null : Number(value);
  }

  function compare(first, second, descending) {
    if (first === null || second === null) {
      return (first === null) - (second === null); // What is missing stays at the end.
    }
    const order = first < second ? -1 : first > second ? 1 : 0;
    return descending ? -order : order;
  }

  function sortBy(table, header, column) {
    const descending = header.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute("aria-sort");
    }
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const kind = header.dataset.sort;
    const rows = Array.from(body.rows).map((row) => [key(row, column, kind), row]);
    rows.sort((a, b) => compare(a[0], b[0], descending));
    body.append(...rows.map((pair) => pair[1]));
    table.classList.add("sorted");
  }

  function setUpSorting() {
    for (const table of document.querySelectorAll("table.sortable")) {
      Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
        if (!header.dataset.sort) {
          return;
        }
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sort";
        button.textContent = header.textContent;
        header.replaceChildren(button);
        button.addEventListener("click", () => sortBy(table, header, column));
      });
    }
  }

  // ---- commands ----
  function setUpCopying() {
    for (const block of document.querySelectorAll("pre.command")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy quiet";
      button.textContent = "Copy";
      button.addEventListener("click", () => {
        const text = block.querySelector("code").textContent;
        navigator.clipboard.writeText(text).then(
          () => { button.textContent = "Copied"; },
          () => { button.textContent = "Select and copy by hand"; }
        );
      });
      block.append(button);
    }
  }

  // ---- figures ----
  const drawn = new Set();
  let library = null;

  function loadLibrary() {
    library = library || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = plotlySource;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error("plotly.min.js is missing beside this report"));
      document.head.append(script);
    });
    return library;
  }

  function themed(node, style) {
    if (typeof node === "string" && node.startsWith("@")) {
      return style.getPropertyValue("--" + node.slice(1)).trim();
    }
    if (Array.isArray(node)) {
      return node.map((item) => themed(item, style));
    }
    if (node && typeof node === "object") {
      return Object.fromEntries(Object.entries(node).map(([k, v]) => [k, themed(v, style)]));
    }
    return node;
  }

  function draw(plot) {
    const style = getComputedStyle(root);
    const color = (name) => style.getPropertyValue("--" + name).trim();
    const source = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
    const spec = themed(source, style);
    const layout = spec.layout;
    for (const name of Object.keys(layout)) {
      if (/^[xy]axis/.test(name)) {
        layout[name] = Object.assign(
          { gridcolor: color("line"), linecolor: color("line"), tickcolor: color("line") },
          layout[name]
        );
      }
    }
    Object.assign(layout, {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      height: Number(plot.dataset.height),
      autosize: true,
      font: { family: color("font"), size: 12, color: color("text-2") },
      hoverlabel: {
        bgcolor: color("surface"),
        bordercolor: color("line"),
        font: { color: color("text"), family: color("font") },
      },
    });
    const options = { responsive: true, displaylogo: false, displayModeBar: "hover",
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
    return loadLibrary().then((plotly) => plotly.react(plot, spec.data, layout, options)).then(
      () => { drawn.add(plot); plot.dataset.drawn = "yes"; },
      (error) => { plot.textContent = error.message; }
    );
  }

  function redraw() {
    drawn.forEach(draw);
  }

  function setUpFigures() {
    const plots = document.querySelectorAll(".plot");
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) {
          watcher.unobserve(entry.target);
          draw(entry.target);
        }
      }
    }, { rootMargin: "300px" });
    plots.forEach((plot) => {
      plot.style.minHeight = plot.dataset.height + "px";
      watcher.observe(plot);
    });
    window.addEventListener("beforeprint", () => {
      plots.forEach(draw);
      document.querySelectorAll("details").forEach((item) => { item.open = true; });
    });
  }

  setUpTheme();
  setUpSorting();
  setUpCopying();
  setUpFigures();
})();
