// Short messages at the lower edge. With an undo they count down, and wait while pointer or focus is on them.
// data-toast="stay" waits until it is closed.
import { say } from "./say.js";
import { whenPresent } from "./ready.js";

const SECONDS = 6;

/**
 * Show a message.
 * @param {string} text
 * @param {{tone?: "error" | "", seconds?: number, action?: {text: string, url?: string, run?: () => void}}} [options]
 */
export function toast(text, { tone = "", seconds = tone === "error" ? 12 : SECONDS, action } = {}) {
  const place = document.getElementById("v-toasts");
  if (!place || !text) return;
  const box = document.createElement("div");
  box.className = tone ? `v-toast v-toast--${tone}` : "v-toast";
  box.dataset.toast = String(seconds);
  const words = document.createElement("p");
  words.textContent = text;
  box.append(words);
  if (action) {
    const button = document.createElement(action.url ? "a" : "button");
    button.className = "v-btn";
    button.textContent = action.text;
    if (action.url) button.setAttribute("href", action.url);
    else button.addEventListener("click", () => (box.remove(), action.run?.()));
    box.append(button);
  }
  place.append(box);
  watch(box);
}

const watched = new WeakSet();

/** @param {HTMLElement} box */
function watch(box) {
  if (watched.has(box)) return;
  watched.add(box);
  let left = Number(box.dataset.toast) || SECONDS;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "v-btn v-btn--bare";
  close.setAttribute("aria-label", say("close"));
  close.textContent = "×";
  close.addEventListener("click", () => box.remove());
  box.append(close);
  if (box.dataset.toast === "stay") return;
  const counter = box.querySelector("[data-toast-left]");
  const timer = setInterval(() => {
    if (!box.isConnected) return clearInterval(timer);
    // An answer that is on its way would be lost with the button that asked for it.
    if (box.matches(":hover, :focus-within") || box.querySelector(".htmx-request")) return;
    left -= 1;
    if (counter) counter.textContent = String(Math.max(left, 0));
    if (left <= 0) {
      clearInterval(timer);
      box.remove();
    }
  }, 1000);
}

whenPresent("[data-toast]", watch);

// What a toast offered has been done, or refused with words of its own. Only a failure leaves it for another try.
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = /** @type {CustomEvent} */ (event).detail;
  if (xhr.status && xhr.status < 500) elt.closest("[data-toast]")?.remove();
});

// Z where nothing can be taken back says so.
document.addEventListener("undo:none", () => toast(say("nothing-to-undo")));
