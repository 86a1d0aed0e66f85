"use strict";
// Runs before the page is drawn, so that a chosen theme does not flash.
(function () {
  let chosen = null;
  try {
    chosen = window.localStorage.getItem("rl-harness-theme");
  } catch (error) {
    chosen = null; // Storage may be closed to local files.
  }
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
  }
})();
