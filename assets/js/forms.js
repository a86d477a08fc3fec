// Forms: sent once, what was typed is kept, the summary of mistakes is read first, a password can be looked at.
import { say } from "./say.js";
import { whenPresent } from "./ready.js";

// ---- Sent once
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.hasAttribute("data-busy")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  // htmx has already taken the event when it sends the form itself and says below when it is done.
  if (!event.defaultPrevented && form.method !== "dialog" && form.target !== "_blank") form.setAttribute("data-busy", "");
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

// ---- What was typed is kept until it has been sent, in this tab only
whenPresent("form[data-keep]", (element) => {
  const form = /** @type {HTMLFormElement} */ (element);
  const key = `v-keep:${form.dataset.keep}`;
  const fields = () =>
    /** @type {(HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[]} */ ([...form.elements]).filter(
      (field) => field.name && field.name !== "csrfmiddlewaretoken" && !["hidden", "password", "file", "submit", "button"].includes(field.type),
    );
  const saved = form.querySelector("[data-kept]");
  try {
    const values = JSON.parse(sessionStorage.getItem(key) ?? "{}");
    for (const field of fields()) {
      if (!(field.name in values) || field.type === "checkbox" || field.type === "radio") continue;
      if (!field.value) field.value = values[field.name];
    }
  } catch {
    // Unreadable or no storage: the form starts as the server drew it.
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      try {
        sessionStorage.setItem(key, JSON.stringify(Object.fromEntries(fields().map((field) => [field.name, field.value]))));
        if (saved) saved.textContent = say("kept");
      } catch {
        // No storage: nothing is claimed to be kept.
      }
    }, 400);
  });
  // Cleared when the next page has not come back to the same form (a mistake comes back with the form in it).
  form.addEventListener("submit", () => sessionStorage.setItem("v-keep-sent", key));
});
whenPresent("body", () => {
  try {
    const sent = sessionStorage.getItem("v-keep-sent");
    if (sent && !document.querySelector(`form[data-keep="${CSS.escape(sent.slice("v-keep:".length))}"]`)) sessionStorage.removeItem(sent);
    sessionStorage.removeItem("v-keep-sent");
  } catch {
    // No storage, nothing kept, nothing to clear.
  }
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
