"use strict";
// Paper shows what the screen shows, but on white, unfolded, and with whole tables.
(function () {
  const root = document.documentElement;
  const PAPER = 700; // CSS pixels between the margins of A4 and of Letter
  let before = null;

  // As narrow as its words allow, a table that is still too wide is made smaller.
  function fit(table) {
    if (getComputedStyle(table).display !== "table") {
      return; // A small screen shows its rows as cards.
    }
    table.style.zoom = 1;
    table.style.width = "min-content";
    const width = table.getBoundingClientRect().width;
    table.style.width = "";
    table.style.zoom = Math.min(1, PAPER / width);
  }

  window.addEventListener("beforeprint", () => {
    const folded = document.querySelectorAll("details:not([open])");
    before = { folded, theme: root.dataset.theme };
    folded.forEach((item) => { item.open = true; });
    root.dataset.theme = "light";
    root.style.fontSize = "12px"; // As in the style of print.
    document.querySelectorAll(".scroll > table").forEach(fit);
  });

  window.addEventListener("afterprint", () => {
    if (!before) {
      return;
    }
    before.folded.forEach((item) => { item.open = false; });
    if (before.theme) {
      root.dataset.theme = before.theme;
    } else {
      delete root.dataset.theme;
    }
    root.style.fontSize = "";
    document.querySelectorAll(".scroll > table").forEach((table) => { table.style.zoom = ""; });
    before = null;
  });
})();
