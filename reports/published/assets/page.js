"use strict";
// What every page needs: theme, copying, saving, and in a single file the switch between pages.
(function () {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  // ---- theme ----
  function theme() {
    return root.dataset.theme || (dark.matches ? "dark" : "light");
  }

  function setUpTheme() {
    const button = document.getElementById("theme");
    const show = () => {
      button.textContent = theme() === "dark" ? "Light theme" : "Dark theme";
      document.dispatchEvent(new Event("themechange"));
    };
    button.hidden = false;
    show();
    button.addEventListener("click", () => {
      root.dataset.theme = theme() === "dark" ? "light" : "dark";
      try {
        window.localStorage.setItem("rl-harness-theme", root.dataset.theme);
      } catch (error) {
        root.dataset.themeStored = "no"; // Storage may be closed to local files.
      }
      show();
    });
    dark.addEventListener("change", show);
  }

  // ---- text to copy, data to save ----
  function copying(button, text) {
    button.addEventListener("click", () => {
      navigator.clipboard.writeText(text).then(
        () => { button.textContent = "Copied"; },
        () => { button.textContent = "Select and copy by hand"; }
      );
    });
  }

  function setUpCopying() {
    for (const block of document.querySelectorAll("pre.command")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy quiet";
      button.textContent = "Copy";
      copying(button, block.querySelector("code").textContent);
      block.append(button);
    }
    for (const button of document.querySelectorAll("[data-copy]")) {
      button.hidden = false;
      copying(button, button.dataset.copy);
    }
  }

  function setUpSaving() {
    for (const button of document.querySelectorAll("[data-download]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        const text = document.getElementById(button.dataset.download).textContent;
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
        link.download = button.dataset.name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
      });
    }
  }

  // ---- pages of a single file ----
  function target() {
    const hash = window.location.hash.slice(1);
    if (hash === "" || hash.startsWith("?")) {
      return document.getElementById("index");
    }
    try {
      return document.getElementById(decodeURIComponent(hash));
    } catch (error) {
      return null; // Not an address of ours.
    }
  }

  function showPage(pages) {
    const at = target();
    const page = at && at.closest("article.page");
    if (!page) {
      return;
    }
    for (const other of pages) {
      other.hidden = other !== page;
    }
    for (const link of document.querySelectorAll(".bar nav a")) {
      if (link.getAttribute("href") === "#" + page.id) {
        link.setAttribute("aria-current", "page");
      } else {
        link.removeAttribute("aria-current");
      }
    }
    document.title = page.dataset.title;
    if (at === page) {
      window.scrollTo(0, 0);
    } else {
      at.scrollIntoView();
    }
  }

  function setUpPages() {
    const pages = document.querySelectorAll("article.page");
    if (pages.length) {
      pages.forEach((page) => { page.hidden = page.id !== "index"; });
      showPage(pages);
      window.addEventListener("hashchange", () => showPage(pages));
    }
  }

  setUpPages();
  setUpCopying();
  setUpSaving();
  setUpTheme();
})();
