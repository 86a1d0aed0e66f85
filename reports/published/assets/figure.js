"use strict";
// Figures are drawn when they come into view or are printed, in the colours of the theme. The
// drawing library is a file of the site, loaded after the page, or the text of a single file.
(function () {
  const root = document.documentElement;
  const source = document.currentScript.dataset.plotly;
  const PAPER = { width: 660, part: 0.8, height: 840 }; // CSS pixels, at most one page high
  const NARROW = 560; // CSS pixels
  const TOUCH = window.matchMedia("(hover: none), (pointer: coarse)"); // No toolbar to hover for.
  const drawn = new Set();
  let library = null;

  function loadLibrary() {
    library = library || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      if (source) {
        script.src = source;
        script.onload = () => resolve(window.Plotly);
        script.onerror = () => reject(new Error("plotly.min.js is missing beside this report"));
        document.head.append(script);
      } else {
        script.textContent = document.getElementById("plotly").textContent;
        document.head.append(script);
        resolve(window.Plotly);
      }
    });
    return library;
  }

  // Colours are written as @name: the theme's colour takes their place.
  function themed(node, style) {
    if (typeof node === "string" && node.startsWith("@")) {
      return style.getPropertyValue("--" + node.slice(1)).trim() || node;
    }
    if (Array.isArray(node)) {
      const numbers = typeof node[0] === "number" && typeof node[node.length - 1] === "number";
      return numbers ? node : node.map((item) => themed(item, style));
    }
    if (node && typeof node === "object") {
      return Object.fromEntries(Object.entries(node).map(([k, v]) => [k, themed(v, style)]));
    }
    return node;
  }

  // On a narrow screen the panels of a grid stand under one another.
  function stacked(layout, plot, paper) {
    const height = Number(plot.dataset.height);
    const grid = layout.grid;
    if (paper || !grid || plot.clientWidth >= NARROW) {
      return height;
    }
    const panels = Object.keys(layout).filter((name) => name.startsWith("yaxis"));
    for (const name of panels) {
      layout[name].showticklabels = true;
    }
    layout.grid = Object.assign({}, grid, {
      rows: panels.length, columns: 1, ygap: Math.max(grid.ygap || 0, 0.35),
    });
    return panels.length * Math.max(height / grid.rows, 200);
  }

  function tall(layout, plot, paper) {
    const height = stacked(layout, plot, paper);
    return paper ? Math.min(height * paper.part, paper.height) : height;
  }

  function dressed(layout, plot, style, paper) {
    const color = (name) => style.getPropertyValue("--" + name).trim();
    for (const name of Object.keys(layout)) {
      if (/^[xy]axis/.test(name)) {
        layout[name] = Object.assign(
          { gridcolor: color("line"), linecolor: color("line"), tickcolor: color("line") },
          layout[name]
        );
      }
    }
    return Object.assign(layout, {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      height: tall(layout, plot, paper),
      width: paper ? paper.width : undefined,
      autosize: !paper,
      font: { family: color("font"), size: 12, color: color("text-2") },
      hoverlabel: {
        bgcolor: color("surface"),
        bordercolor: color("line"),
        font: { color: color("text"), family: color("font") },
      },
    });
  }

  function put(plotly, plot, paper) {
    const style = getComputedStyle(root);
    const data = JSON.parse(document.getElementById(plot.dataset.figure).textContent);
    const spec = themed(data, style);
    const layout = dressed(spec.layout, plot, style, paper);
    // Nothing of a report leaves it: no button sends a chart to a server.
    const options = { responsive: !paper, displaylogo: false,
      displayModeBar: TOUCH.matches ? false : "hover",
      showSendToCloud: false, plotlyServerURL: "",
      modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"] };
    drawn.add(plot);
    plot.style.minHeight = layout.height + "px";
    return plotly.react(plot, spec.data, layout, options).then(() => {
      leaveTabOrder(plot);
      plot.removeAllListeners("plotly_afterplot");
      plot.on("plotly_afterplot", () => leaveTabOrder(plot));
    });
  }

  // Its buttons need a pointer, and its numbers are in the tables: nothing in it is stopped at.
  function leaveTabOrder(plot) {
    for (const item of plot.querySelectorAll("a, button, input, select, [tabindex]")) {
      item.setAttribute("tabindex", "-1");
    }
  }

  function draw(plot) {
    return loadLibrary().then((plotly) => put(plotly, plot)).then(
      () => { plot.dataset.drawn = "yes"; },
      (error) => { plot.textContent = error.message; }
    );
  }

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
  document.addEventListener("themechange", () => drawn.forEach(draw));

  // Nothing can be waited for before printing: the library has to be there, and draws at once.
  if (source && plots.length) {
    document.addEventListener("DOMContentLoaded", () => { loadLibrary().catch(() => {}); });
  }
  window.addEventListener("beforeprint", () => {
    if (!source && plots.length) {
      loadLibrary();
    }
    for (const plot of window.Plotly ? plots : []) {
      if (plot.offsetParent !== null) {
        put(window.Plotly, plot, PAPER);
        plot.dataset.drawn = "yes";
      }
    }
  });
  window.addEventListener("afterprint", () => drawn.forEach(draw));
})();
