// The service worker (assets/js/worker.js), and notifications in this browser: asked for only after a click.
//   [data-push] with the addresses data-push-key, data-push-add, data-push-forget; what fits of [data-push-says] is shown
//   [data-push-short] is an offer: shown only where it can be taken up
//   form[data-push-end]: signing out ends the notifications of this browser, for somebody else may sit down at it
import { request } from "./requests.js";
import { whenPresent, whenReady } from "./ready.js";

const possible = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window && window.isSecureContext;

whenReady(() => {
  if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/worker.js").catch(() => {});
});

/** @param {string} text base64url @returns {Uint8Array<ArrayBuffer>} */
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

/** @returns {Promise<PushSubscription | null>} */
async function subscription() {
  if (!possible) return null;
  const registration = await navigator.serviceWorker.getRegistration("/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** @param {string} text @returns {Promise<string>} its SHA-256 in hexadecimal, as the server names a device */
async function digest(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

whenPresent("[data-push]", (place) => {
  const { pushKey, pushAdd, pushForget } = place.dataset;
  const on = /** @type {HTMLButtonElement} */ (place.querySelector("[data-push-on]"));
  const off = /** @type {HTMLButtonElement} */ (place.querySelector("[data-push-off]"));

  /** @param {"on" | "off" | "denied" | "impossible" | "failed"} state */
  const show = (state) => {
    for (const line of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll("[data-push-says]"))) line.hidden = line.dataset.pushSays !== state;
    on.hidden = state !== "off" && state !== "failed";
    off.hidden = state !== "on";
    if (!place.hasAttribute("data-push-short")) place.hidden = false;
    else if (state === "off") place.hidden = false;
    else if (state === "impossible" || state === "denied") place.hidden = true;
  };
  const look = async () => {
    if (!possible) return show("impossible");
    if (Notification.permission === "denied") return show("denied");
    const known = await subscription();
    show(known ? "on" : "off");
    const mark = known && (await digest(known.endpoint));
    for (const device of document.querySelectorAll("[data-push-device]")) {
      device.querySelector("[data-push-here]")?.toggleAttribute("hidden", device.getAttribute("data-push-device") !== mark);
    }
  };

  on.addEventListener("click", async () => {
    on.disabled = true;
    try {
      if ((await Notification.requestPermission()) !== "granted") return look();
      const registration = await navigator.serviceWorker.register("/worker.js");
      await navigator.serviceWorker.ready;
      const { key } = await (await request(pushKey ?? "")).json();
      const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
      const answer = await request(pushAdd ?? "", { method: "POST", body: JSON.stringify(made), headers: { "Content-Type": "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      if (document.getElementById("devices")) location.reload();
      else await look();
    } catch {
      show("failed");
    } finally {
      on.disabled = false;
    }
  });
  off.addEventListener("click", async () => {
    const known = await subscription();
    if (known) {
      await request(pushForget ?? "", { method: "POST", body: new URLSearchParams({ endpoint: known.endpoint }) }).catch(() => {});
      await known.unsubscribe();
    }
    if (document.getElementById("devices")) location.reload();
    else await look();
  });
  look();
});

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.hasAttribute("data-push-end")) subscription().then((known) => known?.unsubscribe()).catch(() => {});
});
