// Live screens: the server rings, the page re-reads what it may see.
//   body[data-live-url]                    where the one event stream of this browser is
//   [data-live="ticket:12 team:3"][hx-get] is read again (hx-trigger="ring") when one of its scopes rings
//   [data-live-every="20"][hx-get]         is read again every 20 seconds, while it is looked at: for pages without a stream
// One tab of the browser (the leader, by Web Locks) holds the stream for all: seven streams to one host would hang HTTP/1.1.
// The others hear it through a BroadcastChannel. After a reconnection everything is read again, for nobody knows what was missed.
import { htmx } from "./requests.js";
import { whenPresent, whenReady } from "./ready.js";

const SETTLE_MS = 250;
const RETRY_MS = [1000, 2000, 5000, 10000, 30000, 60000];

/** @typedef {{scope: string, event: number}} Ring */

/** @type {Set<Element>} */
const stale = new Set();
/** Those that rang, and are not only read again because something may have been missed. @type {WeakSet<Element>} */
const rung = new WeakSet();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let settling;

function reread() {
  settling = undefined;
  if (document.hidden) return;
  for (const element of stale) {
    // An element somebody is writing in is left alone until they are done.
    if (!element.isConnected) stale.delete(element);
    else if (!element.contains(document.activeElement) || !document.activeElement?.matches("input, textarea, select, [contenteditable=true]")) {
      stale.delete(element);
      htmx.trigger(element, "ring", { news: rung.delete(element) });
    }
  }
}

function soon() {
  settling ??= setTimeout(reread, SETTLE_MS);
}

/** @param {Ring} ring */
function heard(ring) {
  document.dispatchEvent(new CustomEvent("ring", { detail: ring }));
  for (const element of document.querySelectorAll("[data-live]")) {
    if (element.getAttribute("data-live")?.split(/\s+/).includes(ring.scope)) stale.add(element), rung.add(element);
  }
  if (stale.size) soon();
}

function missed() {
  document.dispatchEvent(new CustomEvent("ring", { detail: { scope: "*", event: 0 } }));
  for (const element of document.querySelectorAll("[data-live]")) stale.add(element);
  if (stale.size) soon();
}

document.addEventListener("visibilitychange", () => stale.size && soon());
document.addEventListener("focusout", () => stale.size && soon());

/** The scopes of this page; person, team and department are the server's own affair. */
function wanted() {
  const scopes = [...document.querySelectorAll("[data-live]")].flatMap((element) => element.getAttribute("data-live")?.split(/\s+/) ?? []);
  return [...new Set(scopes.filter((scope) => scope.startsWith("ticket:")))].sort();
}

/** @param {string} address */
function start(address) {
  const tab = crypto.randomUUID?.() ?? String(Math.random());
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("v-live") : null;
  /** @type {Map<string, string[]>} */
  const tabs = new Map();
  /** @type {EventSource | null} */
  let stream = null;
  let leading = false;
  let failures = 0;
  const started = Date.now();
  let connected = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const everything = () => [...new Set([...tabs.values(), wanted()].flat())].sort();

  const connect = () => {
    clearTimeout(timer);
    const before = stream;
    const url = new URL(address, location.href);
    for (const scope of everything()) url.searchParams.append("scope", scope);
    connected = url.href;
    const opened = new EventSource(url);
    stream = opened;
    opened.addEventListener("open", () => {
      // Only now: between two streams nothing may be missed.
      before?.close();
      if (failures > 0) {
        failures = 0;
        missed();
        channel?.postMessage({ kind: "missed" });
      }
    });
    opened.addEventListener("ring", (event) => {
      const ring = JSON.parse(event.data);
      heard(ring);
      channel?.postMessage({ kind: "ring", ring });
    });
    opened.addEventListener("error", () => {
      failures += 1;
      before?.close();
      if (opened.readyState !== EventSource.CLOSED) return; // The browser tries again by itself.
      clearTimeout(timer);
      timer = setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length) - 1]);
    });
  };

  const changed = () => {
    if (!leading) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const url = new URL(address, location.href);
      for (const scope of everything()) url.searchParams.append("scope", scope);
      if (url.href !== connected) connect();
    }, SETTLE_MS);
  };

  const announce = () => {
    if (leading) changed();
    else channel?.postMessage({ kind: "wants", tab, scopes: wanted() });
  };

  channel?.addEventListener("message", ({ data }) => {
    if (data.kind === "ring") heard(data.ring);
    else if (data.kind === "missed") missed();
    else if (data.kind === "lead") announce();
    else if (leading && data.kind === "wants") tabs.set(data.tab, data.scopes), changed();
    else if (leading && data.kind === "leaves") tabs.delete(data.tab), changed();
  });

  const lead = () => {
    leading = true;
    // Who takes over from a tab that has gone does not know what rang in between.
    if (Date.now() - started > SETTLE_MS) failures = 1;
    connect();
    channel?.postMessage({ kind: "lead" });
  };

  window.addEventListener("pagehide", () => {
    stream?.close();
    channel?.postMessage({ kind: "leaves", tab });
  });
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());

  if (navigator.locks && channel) {
    // The lock is held until the tab goes; then the browser gives it to another one.
    navigator.locks.request("v-live-leader", () => new Promise(() => lead())).catch(() => lead());
    announce();
  } else lead();
  document.body.addEventListener("htmx:load", announce);
}

document.addEventListener("htmx:afterSwap", (event) => {
  const { elt, requestConfig } = /** @type {CustomEvent} */ (event).detail;
  // Of a list that is merged only what is new is tinted.
  const { type, detail } = requestConfig?.triggeringEvent ?? {};
  if (type === "ring" && detail.news && !elt.matches?.("[hx-swap=merge]")) elt.classList?.add("is-changed");
});

whenPresent("[data-live-every]", (element) => {
  const timer = setInterval(() => {
    if (!element.isConnected) return clearInterval(timer);
    stale.add(element);
    soon();
  }, Number(element.dataset.liveEvery) * 1000);
});

whenReady(() => {
  const url = document.body.dataset.liveUrl;
  if (url && "EventSource" in window) start(url);
});
