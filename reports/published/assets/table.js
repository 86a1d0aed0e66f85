"use strict";
// Sorting of every sortable table; the leaderboard can also be filtered, its columns chosen, and
// its state stands in the address, so that a link shows the same view.
(function () {
  const lists = new Map(); // Table -> the list that sorts it.

  // ---- sorting ----
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

  function unsort(table) {
    for (const header of table.tHead.rows[0].cells) {
      header.removeAttribute("aria-sort");
    }
    const rows = Array.from(table.tBodies[0].rows);
    rows.sort((a, b) => a.dataset.order - b.dataset.order);
    table.tBodies[0].append(...rows);
    table.classList.remove("sorted");
    choose(table, "");
  }

  // Where rows are cards, no header is seen: a list offers what the headers do.
  function choose(table, value) {
    const list = lists.get(table);
    if (list) {
      list.value = value;
    }
  }

  function setUpList(table) {
    const list = document.createElement("select");
    list.append(new Option("as published", ""));
    for (const header of table.tHead.rows[0].cells) {
      if (header.dataset.sort) {
        const name = header.textContent.trim();
        const number = header.dataset.sort === "number";
        list.append(new Option(name + (number ? ", low first" : ", A first"), header.cellIndex));
        list.append(new Option(name + (number ? ", high first" : ", Z first"), "-" + header.cellIndex));
      }
    }
    list.addEventListener("change", () => {
      if (list.value === "") {
        unsort(table);
      } else {
        const header = table.tHead.rows[0].cells[list.value.replace("-", "")];
        sortBy(table, header, list.value.startsWith("-"));
      }
      table.dispatchEvent(new Event("sorted"));
    });
    const label = document.createElement("label");
    label.className = "sorting";
    label.append("Sort by ", list);
    (table.closest(".scroll") || table).before(label);
    lists.set(table, list);
  }

  function sortBy(table, header, descending) {
    unsort(table);
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const column = header.cellIndex;
    const rows = Array.from(table.tBodies[0].rows).map(
      (row) => [key(row, column, header.dataset.sort), row]
    );
    rows.sort((a, b) => compare(a[0], b[0], descending));
    table.tBodies[0].append(...rows.map((pair) => pair[1]));
    table.classList.add("sorted");
    choose(table, (descending ? "-" : "") + column);
  }

  function setUpSorting(table) {
    Array.from(table.tBodies[0].rows).forEach((row, place) => { row.dataset.order = place; });
    if (table.matches(".cards, .stacked")) {
      setUpList(table);
    }
    for (const header of table.tHead.rows[0].cells) {
      if (header.dataset.sort) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "sort";
        button.append(...header.childNodes);
        header.append(button);
        button.addEventListener("click", () => {
          sortBy(table, header, header.getAttribute("aria-sort") === "ascending");
          table.dispatchEvent(new Event("sorted"));
        });
      }
    }
  }

  // ---- the leaderboard ----
  function setUpBoard(table) {
    const form = document.getElementById(table.dataset.controls);
    const status = form.querySelector("[role=status]");
    const filters = Array.from(form.querySelectorAll("[data-filter]"));
    const columns = Array.from(form.querySelectorAll("[data-shows]"));
    const rows = Array.from(table.tBodies[0].rows);
    const headers = Array.from(table.tHead.rows[0].cells);
    const header = (name) => headers.find((cell) => cell.dataset.column === name);
    const shownFirst = columns.filter((box) => box.checked).map((box) => box.dataset.shows);

    function matches(row) {
      return filters.every((control) => {
        const wanted = control.value.trim().toLocaleLowerCase();
        const has = row.dataset[control.dataset.filter].toLocaleLowerCase();
        return wanted === "" || (control.type === "search" ? has.includes(wanted) : has === wanted);
      });
    }

    function apply() {
      let shown = 0;
      for (const row of rows) {
        row.hidden = !matches(row);
        shown += row.hidden || row.classList.contains("against") ? 0 : 1;
      }
      for (const box of columns) {
        const column = header(box.dataset.shows).cellIndex;
        for (const row of [table.tHead.rows[0], ...rows]) {
          row.cells[column].hidden = !box.checked;
        }
      }
      const total = rows.filter((row) => !row.classList.contains("against")).length;
      const all = rows.every((row) => !row.hidden);
      table.classList.toggle("filtered", !all);
      const cells = total + (total === 1 ? " cell" : " cells");
      status.textContent = all ? cells : shown + " of " + cells;
    }

    // State in the address: #?sort=-tuned&verdict=improved&columns=rank,tuned
    function write() {
      const state = new URLSearchParams();
      const sorted = headers.find((cell) => cell.hasAttribute("aria-sort"));
      if (sorted) {
        const sign = sorted.getAttribute("aria-sort") === "descending" ? "-" : "";
        state.set("sort", sign + sorted.dataset.column);
      }
      for (const control of filters) {
        if (control.value.trim()) {
          state.set(control.dataset.filter, control.value.trim());
        }
      }
      const shown = columns.filter((box) => box.checked).map((box) => box.dataset.shows);
      if (shown.join() !== shownFirst.join()) {
        state.set("columns", shown.join());
      }
      const text = state.toString();
      window.history.replaceState(null, "", text ? "#?" + text : "#");
    }

    function read() {
      const hash = window.location.hash;
      if (!hash.startsWith("#?")) {
        return;
      }
      const state = new URLSearchParams(hash.slice(2));
      for (const control of filters) {
        control.value = state.get(control.dataset.filter) || "";
      }
      const shown = state.has("columns") ? state.get("columns").split(",") : shownFirst;
      for (const box of columns) {
        box.checked = shown.includes(box.dataset.shows);
      }
      const sort = state.get("sort") || "";
      const by = header(sort.replace(/^-/, ""));
      if (by && by.dataset.sort) {
        sortBy(table, by, sort.startsWith("-"));
      } else {
        unsort(table);
      }
      apply();
      table.scrollIntoView();
    }

    function changed() {
      apply();
      write();
    }

    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", changed);
    form.addEventListener("reset", () => {
      unsort(table);
      setTimeout(changed, 0); // The fields are empty only after the event.
    });
    table.addEventListener("sorted", write);
    window.addEventListener("hashchange", read);
    apply();
    read();
  }

  document.querySelectorAll("table.sortable").forEach(setUpSorting);
  document.querySelectorAll("table[data-controls]").forEach(setUpBoard);
})();
