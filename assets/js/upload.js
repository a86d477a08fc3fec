// Attachments: picked, photographed, dropped or pasted; sent at once, each with its progress.
//   [data-upload] around it, data-upload-url takes a POST of "file" and answers 201 {"id", "name", "size"}
//   data-upload-name    name of the hidden fields with the ids ("attachments")
//   data-upload-max     largest size in bytes (0: the server alone decides)
//   inside: input[type=file], [data-upload-list]; without this script the input itself is sent with the form
//   data-upload-photos  photos are made smaller first, and lose where they were taken (photos.js)
import { shrunk } from "./photos.js";
import { csrfToken } from "./requests.js";
import { say } from "./say.js";
import { toast } from "./toast.js";
import { whenPresent } from "./ready.js";

whenPresent("[data-upload]", (place) => {
  const input = /** @type {HTMLInputElement | null} */ (place.querySelector("input[type=file]"));
  const list = place.querySelector("[data-upload-list]");
  if (!input || !list) return;
  const form = place.closest("form");
  const field = place.dataset.uploadName ?? "attachments";
  const most = Number(place.dataset.uploadMax ?? 0);
  const over = place.closest(".v-composer, .v-reply") ?? place;
  input.removeAttribute("name");

  for (const item of list.querySelectorAll(".v-file")) item.querySelector("button")?.addEventListener("click", () => remove(item));

  /**
   * A file that the server has already is named in "removed", so that a draft loses it too.
   * @param {Element} item
   */
  function remove(item) {
    const id = /** @type {HTMLInputElement | null} */ (item.querySelector("input[type=hidden]"))?.value;
    if (id) {
      const gone = document.createElement("input");
      gone.type = "hidden";
      gone.name = "removed";
      gone.value = id;
      place.append(gone);
    }
    item.remove();
    changed();
  }

  function changed() {
    place.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** What is on its way; a form of a requester waits for it. @type {Set<Element>} */
  const sendings = new Set();

  /** @param {File} file */
  async function add(file) {
    const item = document.createElement("li");
    item.className = "v-file";
    item.innerHTML = '<span class="v-thumb"></span><span><span class="v-file-name"></span><small></small></span><button type="button">×</button>';
    const small = /** @type {HTMLElement} */ (item.querySelector("small"));
    const name = /** @type {HTMLElement} */ (item.querySelector(".v-file-name"));
    const button = /** @type {HTMLElement} */ (item.querySelector("button"));
    name.textContent = file.name || say("pasted-image");
    button.setAttribute("aria-label", say("remove", { text: name.textContent }));
    if (file.type.startsWith("image/") && file.type !== "image/svg+xml") {
      const picture = document.createElement("img");
      picture.alt = "";
      picture.src = URL.createObjectURL(file);
      picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
      picture.addEventListener("error", () => picture.remove());
      item.querySelector(".v-thumb")?.append(picture);
    }
    list?.append(item);

    const fail = (/** @type {string} */ text) => {
      item.classList.add("is-bad");
      small.textContent = text;
      small.setAttribute("role", "alert");
      arrived(item);
    };
    sendings.add(item);
    button.addEventListener("click", () => arrived(item));
    if (place.hasAttribute("data-upload-photos")) {
      small.textContent = say("preparing");
      file = await shrunk(file);
      small.textContent = "";
      if (!sendings.has(item)) return item.remove();
      name.textContent = file.name || name.textContent;
    }
    if (most && file.size > most) {
      fail(say("file-too-large", { most: Math.floor(most / 1e6) }));
      button.addEventListener("click", () => item.remove());
      return;
    }
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", name.textContent);
    small.append(bar);

    const sending = new XMLHttpRequest();
    button.addEventListener("click", () => {
      sending.abort();
      remove(item);
    });
    sending.open("POST", place.dataset.uploadUrl ?? "");
    sending.setRequestHeader("X-CSRFToken", csrfToken());
    sending.setRequestHeader("Accept", "application/json");
    sending.responseType = "json";
    sending.upload.addEventListener("progress", (event) => (bar.value = event.loaded / (event.total || 1)));
    sending.addEventListener("error", () => fail(say("offline")));
    sending.addEventListener("abort", () => arrived(item));
    sending.addEventListener("load", () => {
      const answer = sending.response ?? {};
      if (sending.status >= 300) return fail(answer.detail || answer.title || say("failed"));
      bar.remove();
      small.textContent = answer.size_text ?? "";
      name.textContent = answer.name ?? name.textContent;
      const hidden = document.createElement("input");
      hidden.type = "hidden";
      hidden.name = field;
      hidden.value = answer.id;
      item.append(hidden);
      changed();
      arrived(item);
    });
    const body = new FormData();
    body.append("file", file, file.name || "image.png");
    sending.send(body);
  }

  /** Somebody who pressed "Send" too early. @type {HTMLElement | null | undefined} */
  let early;

  /** @param {Element} item */
  function arrived(item) {
    sendings.delete(item);
    if (sendings.size || early === undefined) return;
    const submitter = early;
    early = undefined;
    form?.removeAttribute("aria-busy");
    // What failed is looked at first.
    if (!list?.querySelector(".is-bad")) form?.requestSubmit(submitter);
  }
  if (form && place.hasAttribute("data-upload-photos")) {
    document.addEventListener(
      "submit",
      (event) => {
        if (event.target !== form || !sendings.size) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        early = event.submitter;
        form.setAttribute("aria-busy", "true");
        toast(say("files-on-their-way"));
      },
      true,
    );
  }

  input.addEventListener("change", () => {
    for (const file of input.files ?? []) add(file);
    input.value = "";
  });
  (form ?? place).addEventListener(
    "paste",
    (event) => {
      const files = [.../** @type {ClipboardEvent} */ (event).clipboardData?.files ?? []];
      if (!files.length) return;
      event.preventDefault();
      event.stopPropagation();
      files.forEach(add);
    },
    true,
  );
  const target = form ?? place;
  const carries = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  for (const kind of ["dragenter", "dragover"]) {
    target.addEventListener(kind, (event) => {
      if (!carries(/** @type {DragEvent} */ (event))) return;
      event.preventDefault();
      over.classList.add("is-over");
    });
  }
  target.addEventListener("dragleave", (event) => {
    if (!target.contains(/** @type {Node | null} */ (/** @type {DragEvent} */ (event).relatedTarget))) over.classList.remove("is-over");
  });
  target.addEventListener(
    "drop",
    (event) => {
      const drop = /** @type {DragEvent} */ (event);
      over.classList.remove("is-over");
      if (!carries(drop)) return;
      drop.preventDefault();
      drop.stopPropagation();
      for (const file of drop.dataTransfer?.files ?? []) add(file);
    },
    true,
  );
});

// A file dropped beside its place must not replace the page.
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (/** @type {DragEvent} */ (event).dataTransfer?.types.includes("Files")) event.preventDefault();
  });
}
