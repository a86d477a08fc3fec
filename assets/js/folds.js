// What is folded stays folded: details[data-remember] per browser, and panels that come and go on small screens.
import { whenPresent } from "./ready.js";

/** @param {string} key */
const stored = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // Storage is switched off: everything starts as the server drew it.
  }
};

whenPresent("details[data-remember]", (fold) => {
  const key = `v-fold:${fold.dataset.remember}`;
  const was = stored(key);
  if (was !== null) fold.toggleAttribute("open", was === "1");
  fold.addEventListener("toggle", () => {
    try {
      localStorage.setItem(key, fold.hasAttribute("open") ? "1" : "0");
    } catch {
      // Nothing to remember it in; the fold itself still works.
    }
  });
});

/**
 * @param {Element} panel
 * @param {boolean} open
 */
function show(panel, open) {
  panel.classList.toggle("is-open", open);
  for (const button of document.querySelectorAll(`[data-toggle="#${panel.id}"]`)) button.setAttribute("aria-expanded", String(open));
  if (open) /** @type {HTMLElement | null} */ (panel.querySelector("a, button, [tabindex]"))?.focus();
}

document.addEventListener("click", (event) => {
  const target = /** @type {Element} */ (event.target);
  const toggle = target.closest("[data-toggle]");
  if (toggle) {
    const panel = document.querySelector(toggle.getAttribute("data-toggle") ?? "");
    if (panel) show(panel, !panel.classList.contains("is-open"));
    return;
  }
  for (const panel of document.querySelectorAll("[data-panel].is-open")) if (!panel.contains(target)) show(panel, false);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const panel of document.querySelectorAll("[data-panel].is-open")) {
    show(panel, false);
    /** @type {HTMLElement | null} */ (document.querySelector(`[data-toggle="#${panel.id}"]`))?.focus();
    event.stopPropagation();
  }
}, true);
