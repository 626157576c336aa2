import { LIMITS } from "/assets/limits.js";
import { byId, make } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";

/**
 * @typedef {{ name: string, mediaType: string, base64: string }} SentFile
 * @typedef {SentFile & { isImage: boolean }} TrayFile
 */

const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/** @param {number} bytes */
const sizeWords = (bytes) => (bytes < 1024 * 1024 ? `${bytes / 1024} KB` : `${bytes / 1024 / 1024} MB`);

/**
 * The files beside the question that is being written: chosen, dropped or pasted. What the bot would leave out is refused
 * here, with the reason.
 * @param {{ showFault(text: string): void, onChange(): void, imageWarning(): string | undefined }} terms
 */
export function createFileTray({ showFault, onChange, imageWarning }) {
  const list = byId("composer-files");
  const picker = byId("file-picker", HTMLInputElement);
  /** @type {readonly TrayFile[]} */
  let files = [];

  /** @param {readonly TrayFile[]} now */
  const set = (now) => {
    files = now;
    list.replaceChildren(...files.map(item));
    list.hidden = files.length === 0;
    onChange();
  };
  /** @param {TrayFile} file */
  const item = (file) => {
    const remove = make("button", { type: "button", className: "remove", "aria-label": t`Remove ${file.name}` }, "✕");
    remove.addEventListener("click", () => {
      set(files.filter((each) => each !== file));
      byId("composer-text").focus();
    });
    return make(
      "li",
      { className: "thumb" },
      preview(file),
      make("span", { className: "thumb-name" }, file.name),
      remove,
    );
  };
  /** @param {Iterable<File>} chosen */
  const add = async (chosen) => {
    showFault("");
    for (const file of chosen) {
      const taken = await readFile(file, files).catch(() => t`it cannot be read`);
      if (typeof taken === "string") showFault(t`${file.name} is not attached: ${taken}.`);
      else {
        set([...files, taken]);
        if (taken.isImage) showFault(imageWarning() ?? "");
      }
    }
  };

  byId("attach").addEventListener("click", () => picker.click());
  picker.addEventListener("change", async () => {
    await add([...(picker.files ?? [])]);
    picker.value = "";
    byId("composer-text").focus();
  });
  byId("composer-text").addEventListener("paste", (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])];
    if (pasted.length === 0) return;
    event.preventDefault();
    add(pasted);
  });
  takeDrops(byId("scroller").parentElement ?? document.body, add);

  return {
    files: () => files,
    set,
    add,
    /** @returns {readonly SentFile[]} */
    toSend: () => files.map(({ name, mediaType, base64 }) => ({ name, mediaType, base64 })),
  };
}

/**
 * A picture of the file, or a sign for it.
 * @param {TrayFile} file
 */
const preview = ({ isImage, mediaType, base64, name }) =>
  isImage
    ? make("img", { className: "thumb-image", alt: "", src: `data:${mediaType};base64,${base64}`, title: name })
    : make("span", { className: "thumb-sign", "aria-hidden": "true" }, "📄");

/**
 * The file as it is sent, or why it is refused.
 * @param {File} file
 * @param {readonly TrayFile[]} before
 * @returns {Promise<TrayFile | string>}
 */
async function readFile(file, before) {
  const isImage = IMAGES.includes(file.type);
  const most = isImage ? LIMITS.imageBytes : LIMITS.textBytes;
  const kind = isImage ? t`an image` : t`a text file`;
  if (before.length >= LIMITS.files) return t`a question can have up to ${LIMITS.files} files`;
  if (isImage && before.filter((each) => each.isImage).length >= LIMITS.images) {
    return t`a question can have up to ${LIMITS.images} images`;
  }
  if (file.size === 0) return t`it is empty`;
  if (!isImage && !(await isText(file))) return t`it is neither a PNG, JPEG, GIF or WebP image nor text`;
  if (file.size > most) return t`it is too large; ${kind} may have up to ${sizeWords(most)}`;
  const url = await readAsUrl(file);
  return { name: file.name, mediaType: file.type, base64: url.slice(url.indexOf(",") + 1), isImage };
}

const SAMPLE_BYTES = 4_096;

/**
 * Whether it may be text: no other text has a zero byte than that in UTF-16, which begins with a mark.
 * @param {File} file
 */
async function isText(file) {
  const sample = new Uint8Array(await file.slice(0, SAMPLE_BYTES).arrayBuffer());
  const [first, second] = sample;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isUtf16 || !sample.includes(0);
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>} a data URL
 */
export function readAsUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

/**
 * @param {HTMLElement} area
 * @param {(files: Iterable<File>) => void} add
 */
function takeDrops(area, add) {
  /** @param {DragEvent} event */
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files") === true;
  area.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    area.classList.add("is-drop");
  });
  area.addEventListener("dragleave", (event) => {
    if (!(event.relatedTarget instanceof Node && area.contains(event.relatedTarget))) area.classList.remove("is-drop");
  });
  area.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    area.classList.remove("is-drop");
    add([...(event.dataTransfer?.files ?? [])]);
  });
}
