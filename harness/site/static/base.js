"use strict";
/* The theme: as the system has it, unless the reader chose one. */
const theme = {
  key: "backmark-theme",
  stored() {
    try { return localStorage.getItem(theme.key); } catch { return null; }
  },
  dark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  },
  show(name) {
    if (name === "dark" || name === "light") document.documentElement.dataset.theme = name;
  },
};
theme.show(theme.stored());
document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  const label = () => { button.textContent = theme.dark() ? "Light theme" : "Dark theme"; };
  button.hidden = false;
  label();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  button.addEventListener("click", () => {
    const next = theme.dark() ? "light" : "dark";
    theme.show(next);
    try { localStorage.setItem(theme.key, next); } catch { /* a browser that keeps nothing: this page alone */ }
    label();
  });
});

/* What scrolls can be reached with the keyboard, and only that. */
const reachable = () => {
  for (const box of document.querySelectorAll(".scroll, pre")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
document.addEventListener("DOMContentLoaded", reachable);
document.addEventListener("toggle", reachable, true);
addEventListener("resize", reachable);
