// The service worker: shows pushes, and a page of ours when the server cannot be reached. It keeps no page of a person:
// only that one page without a name, its styles and the mark.
/// <reference lib="webworker" />
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const SHELF = "v-offline-1";
const OFFLINE = "/offline/";
const KEPT = [OFFLINE, "/static/ventanilla/dist/styles.css", "/static/ventanilla/favicon.svg"];

worker.addEventListener("install", (event) => {
  const fill = async () => {
    const shelf = await caches.open(SHELF);
    await shelf.addAll(KEPT.map((address) => new Request(address, { cache: "reload" })));
    await worker.skipWaiting();
  };
  event.waitUntil(fill());
});

worker.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (name !== SHELF) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(tidy());
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async () => (await caches.match(OFFLINE)) ?? Response.error()));
  } else if (origin === worker.location.origin && request.method === "GET" && KEPT.includes(pathname)) {
    event.respondWith(fetch(request).catch(async () => (await caches.match(pathname)) ?? Response.error()));
  }
});

worker.addEventListener("push", (event) => {
  let said = { title: "Ventanilla", body: "", address: "/", tag: "" };
  try {
    said = { ...said, ...event.data?.json() };
  } catch {
    // Something came that we cannot read: browsers demand that something is shown.
  }
  const options = {
    body: said.body,
    tag: said.tag,
    renotify: Boolean(said.tag),
    icon: "/static/ventanilla/dist/icon-192.png",
    badge: "/static/ventanilla/dist/badge.png",
    data: { address: said.address },
  };
  event.waitUntil(worker.registration.showNotification(said.title, options));
});

worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  // Only ever a page of ours, whatever the message says.
  const target = new URL(event.notification.data?.address ?? "/", worker.location.origin);
  const address = target.origin === worker.location.origin ? target.href : worker.location.origin;
  const open = async () => {
    const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    const there = pages.find((page) => page.url === address);
    if (there) return there.focus();
    return worker.clients.openWindow(address);
  };
  event.waitUntil(open());
});
