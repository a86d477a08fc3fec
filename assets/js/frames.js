// The frames in which mail from outside is shown are as tall as what they show. They run no script of their own.
import { whenPresent } from "./ready.js";

whenPresent("iframe[data-fit]", (element) => {
  const frame = /** @type {HTMLIFrameElement} */ (element);
  const fit = () => {
    const root = frame.contentDocument?.documentElement;
    if (!root) return;
    frame.style.height = "0";
    frame.style.height = `${Math.ceil(root.scrollHeight) + 1}px`;
  };
  const watch = () => {
    fit();
    const body = frame.contentDocument?.body;
    if (!body) return;
    new ResizeObserver(fit).observe(body);
    // Keys pressed inside belong to the page; its own links open outside.
    body.addEventListener("keydown", (event) => document.dispatchEvent(new KeyboardEvent("keydown", event)));
  };
  frame.addEventListener("load", watch);
  if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.URL !== "about:blank") watch();
  window.addEventListener("resize", fit);
});
