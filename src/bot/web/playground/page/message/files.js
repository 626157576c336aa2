import { callForFile } from "/assets/shared/api.js";
import { make } from "/assets/shared/elements.js";

/** @type {Readonly<Record<string, string>>} */
const PICTURES = { png: "image/png", svg: "image/svg+xml", gif: "image/gif", jpg: "image/jpeg", webp: "image/webp" };

/** @typedef {{ name: string, alt?: string, base64?: string, url?: string }} ReplyFile its bytes, or its address */

/**
 * Files of a reply: pictures are shown, and each can be saved.
 * @param {HTMLElement} element
 * @returns {(files?: readonly ReplyFile[]) => void}
 */
export function createFilesView(element) {
  let shown = "[]";
  return (files = []) => {
    const names = JSON.stringify(files.map(({ name, url, base64 }) => [name, url, base64?.length]));
    if (names === shown) return;
    shown = names;
    element.replaceChildren(...files.map(fileElement));
  };
}

/** @param {ReplyFile} file */
function fileElement(file) {
  const type = PICTURES[file.name.split(".").at(-1)?.toLowerCase() ?? ""];
  const save = make("button", { type: "button", className: "button small", title: file.alt ?? "" }, `⬇ ${file.name}`);
  save.addEventListener("click", () => saveFile(file));
  if (type === undefined || file.base64 === undefined) return make("p", { className: "file" }, save);
  const picture = make("img", {
    className: "picture",
    alt: file.alt ?? file.name,
    src: `data:${type};base64,${file.base64}`,
  });
  return make("div", { className: "file" }, picture, save);
}

/** @param {ReplyFile} file */
async function saveFile({ name, base64, url }) {
  const bytes =
    base64 === undefined ? undefined : Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const blob = bytes === undefined ? await callForFile(url ?? "") : new Blob([bytes]);
  const link = make("a", { download: name, href: URL.createObjectURL(blob) });
  link.click();
  URL.revokeObjectURL(link.href);
}
