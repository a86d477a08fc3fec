// Forms: sent once, the summary of mistakes is read first, a password can be looked at.
import { say } from "./say.js";
import { whenPresent } from "./ready.js";

// ---- Sent once; what is downloaded leaves the page as it is, and may be wanted again (data-download)
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.hasAttribute("data-busy")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  // htmx has already taken the event when it sends the form itself and says below when it is done.
  if (!event.defaultPrevented && form.method !== "dialog" && form.target !== "_blank" && !form.hasAttribute("data-download")) form.setAttribute("data-busy", "");
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = /** @type {Element} */ (event.target);
  if (form instanceof HTMLFormElement && !form.hasAttribute("hx-trigger")) form.setAttribute("data-busy", "");
});
document.addEventListener("htmx:afterRequest", (event) => /** @type {Element} */ (event.target).removeAttribute?.("data-busy"));
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-busy]")) form.removeAttribute("data-busy");
});

// ---- The summary of mistakes is read first
whenPresent("[data-error-summary]", (summary) => summary.focus());
document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest("[data-error-summary] a[href^='#']");
  const field = link && document.getElementById(decodeURIComponent(link.getAttribute("href")?.slice(1) ?? ""));
  if (!field) return;
  event.preventDefault();
  const shown = field.checkVisibility() ? field : field.closest(".v-field")?.querySelector("input, [contenteditable=true]");
  /** @type {HTMLElement | null | undefined} */ (shown)?.focus();
});

// ---- Small comforts
document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-reveal]");
  if (!button) return;
  const input = document.getElementById(button.getAttribute("data-reveal") ?? "");
  if (!(input instanceof HTMLInputElement)) return;
  input.type = input.type === "password" ? "text" : "password";
  button.setAttribute("aria-pressed", String(input.type === "text"));
});
document.addEventListener("change", (event) => {
  const field = /** @type {Element} */ (event.target);
  const form = field.closest("form[data-send-on-change]");
  if (form instanceof HTMLFormElement) form.requestSubmit();
});
document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-copy]");
  if (button) navigator.clipboard?.writeText(button.getAttribute("data-copy") ?? "");
});
document.addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).closest("[data-print]")) window.print();
});
