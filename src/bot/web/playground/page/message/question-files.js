import { callForFile } from "/assets/shared/api.js";
import { make } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";
import { readAsUrl } from "../composer/file-tray.js";

const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** @import { PublicMessage } from "../../message-row.js" */

/**
 * The files beside a question: pictures are shown while the bot still has them, others by their name.
 * @param {HTMLElement} body
 * @param {PublicMessage} message
 * @param {(message: string, index: number) => string} address
 */
export function createQuestionFilesView(body, { id, files = [] }, address) {
  if (files.length === 0) return;
  const items = files.map(({ name, mediaType }, index) => {
    const sign = make("span", { className: "thumb-sign", "aria-hidden": "true" }, "📄");
    const item = make("li", { className: "thumb" }, sign, make("span", { className: "thumb-name" }, name));
    if (IMAGES.includes(mediaType)) showPicture(sign, { name, mediaType, address: address(id, index) });
    return item;
  });
  body.append(make("ul", { className: "files", "aria-label": t`Files` }, ...items));
}

/**
 * @param {HTMLElement} sign
 * @param {{ name: string, mediaType: string, address: string }} file
 */
async function showPicture(sign, { name, mediaType, address }) {
  try {
    const bytes = await callForFile(address);
    const src = await readAsUrl(new Blob([bytes], { type: mediaType }));
    sign.nextElementSibling?.setAttribute("aria-hidden", "true"); // the picture has the name too
    sign.replaceWith(make("img", { className: "thumb-image", alt: name, src }));
  } catch {
    // its name stays
  }
}
