/* Light or dark by hand. Runs before the first paint; without it the system's choice holds. */
(function () {
  "use strict";
  var key = "oa-theme";
  var root = document.documentElement;

  function remembered() {
    try { return localStorage.getItem(key); } catch (error) { return null; }
  }

  function isDark() {
    var chosen = root.getAttribute("data-theme");
    return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function show(button) {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(isDark()));
  }

  function toggle(button) {
    var theme = isDark() ? "light" : "dark";
    root.setAttribute("data-theme", theme);
    try { localStorage.setItem(key, theme); } catch (error) { /* the choice then holds for this page */ }
    show(button);
  }

  var theme = remembered();
  if (theme === "dark" || theme === "light") { root.setAttribute("data-theme", theme); }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-theme-toggle]").forEach(function (button) {
      show(button);
      button.addEventListener("click", function () { toggle(button); });
    });
  });
}());
