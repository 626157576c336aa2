/**
 * The element with this id.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [kind] as HTMLInputElement, where more is needed than an HTMLElement has
 * @returns {T}
 * @throws {Error} where the page has none, or one of another kind
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof (kind ?? HTMLElement))) throw new Error(`this page has no such element: ${id}`);
  return /** @type {T} */ (element);
}

/**
 * A new element with properties and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Readonly<Record<string, string | number | boolean>>} [properties] names with "-" and `role` are attributes
 * @param {readonly (Node | string)[]} children
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...children);
  return element;
}

/**
 * A window of the page: opened by its button, closed by its ✕, by Escape and by a press beside it.
 * @param {string} id the dialog's; its ✕ is "…-close"
 * @param {{ opener?: string, onOpen?(): void, onClose?(): void }} [terms]
 */
export function createWindow(id, { opener, onOpen, onClose } = {}) {
  const panel = byId(id, HTMLDialogElement);
  const open = () => {
    if (!panel.open) panel.showModal();
    onOpen?.();
  };
  const close = () => {
    panel.close();
    onClose?.();
  };
  byId(`${id}-close`).addEventListener("click", close);
  panel.addEventListener("click", (event) => {
    if (event.target === panel) close(); // its backdrop
  });
  if (opener !== undefined) byId(opener).addEventListener("click", open);
  return { panel, open, close };
}

/**
 * The message of anything thrown.
 * @param {unknown} error
 */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));
