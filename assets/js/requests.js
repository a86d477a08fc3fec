// htmx and plain requests: the token against forged requests on both, and one way to say that something failed.
import htmx from "htmx.org";
import { say } from "./say.js";
import { toast } from "./toast.js";

/** @returns {string} the token Django expects as X-CSRFToken */
export function csrfToken() {
  return document.querySelector('meta[name="v-csrf"]')?.getAttribute("content") ?? "";
}

/**
 * fetch() for our own addresses.
 * @param {string} url same origin
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export function request(url, options = {}) {
  return fetch(url, {
    credentials: "same-origin",
    ...options,
    headers: { "X-CSRFToken": csrfToken(), "X-Requested-With": "fetch", ...options.headers },
  });
}

/**
 * Say in a toast that a request failed; nothing that was typed is lost by it.
 * @param {number} status HTTP status, 0 when the server was not reached
 */
export function sayFailure(status) {
  if (status === 0) toast(say("offline"), { tone: "error" });
  else if (status === 401) toast(say("signed-out"), { tone: "error", action: { text: say("sign-in"), url: location.href } });
  else if (status === 403) toast(say("forbidden"), { tone: "error" });
  else if (status === 404) toast(say("gone"), { tone: "error" });
  else if (status === 412) toast(say("stale"), { tone: "error", action: { text: say("reload"), url: location.href } });
  else if (status === 413) toast(say("too-large"), { tone: "error" });
  else if (status === 429) toast(say("too-many"), { tone: "error" });
  else toast(say("failed"), { tone: "error" });
}

document.addEventListener("htmx:configRequest", (event) => {
  /** @type {CustomEvent} */ (event).detail.headers["X-CSRFToken"] = csrfToken();
});
// What was asked from a pane that has been closed meanwhile has nowhere to stand; lists hear of it by themselves.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const target = /** @type {CustomEvent} */ (event).detail.xhr.getResponseHeader("HX-Retarget");
  if (target && !document.querySelector(target)) event.preventDefault();
});
// A ring may redraw a pane before the answer to one of its buttons arrives: the answer belongs where it says all the
// same, though the library looks for that place from the button, which is gone.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, xhr } = /** @type {CustomEvent} */ (event).detail;
  const arrive = xhr.onload;
  xhr.onload = (/** @type {ProgressEvent} */ loaded) => {
    const place = xhr.getResponseHeader("HX-Retarget");
    if (elt.isConnected || !place) return arrive.call(xhr, loaded);
    const target = document.querySelector(place);
    const swapStyle = xhr.getResponseHeader("HX-Reswap") ?? "outerHTML";
    if (target) htmx.swap(target, xhr.responseText, { swapStyle, swapDelay: 0, settleDelay: 20 }, { contextElement: target });
  };
});
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, requestConfig } = /** @type {CustomEvent} */ (event).detail;
  if (requestConfig?.triggeringEvent?.type !== "ring") sayFailure(xhr.status);
});
document.addEventListener("htmx:sendError", (event) => {
  if (/** @type {CustomEvent} */ (event).detail.requestConfig?.triggeringEvent?.type !== "ring") sayFailure(0);
});

export { htmx };
