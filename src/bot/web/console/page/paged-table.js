import { make, messageOf } from "/assets/shared/elements.js";
import { t } from "/assets/shared/translate.js";

/**
 * A table that is read on demand, page by page, by the button below it. The returned function reads it from its start.
 * @param {{
 *   body: HTMLElement,
 *   more: HTMLButtonElement,
 *   columns: number,
 *   empty: string,
 *   read(before: string | undefined): Promise<{ rows: HTMLElement[], before?: string | undefined }>,
 * }} terms
 */
export function createPagedTable({ body, more, columns, empty, read }) {
  /** @type {string | undefined} */
  let before;
  let newest = 0;
  /** @param {string} text */
  const wideRow = (text) => make("tr", {}, make("td", { colSpan: columns, className: "empty" }, text));

  const readNext = async () => {
    const number = ++newest;
    const from = before;
    more.disabled = true;
    try {
      const page = await read(from);
      if (number !== newest) return; // another start was chosen meanwhile
      if (from === undefined) body.replaceChildren();
      body.append(...page.rows);
      if (body.childElementCount === 0) body.append(wideRow(empty));
      before = page.before;
      more.textContent = before === undefined ? t`Read again` : t`Show more`;
    } catch (error) {
      if (number === newest) body.append(wideRow(messageOf(error)));
    } finally {
      if (number === newest) more.disabled = false;
    }
  };
  more.addEventListener("click", readNext);
  return () => {
    before = undefined;
    return readNext();
  };
}
