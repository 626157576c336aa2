import { codeLine } from "./wording.js";

/** What most fonts draw twice as wide in a code block: CJK, and emoji. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uff01-\uff60]/u;

/** How many columns of a code block a text takes. */
const columnsOf = (text: string) =>
  [...text].reduce((sum, character) => sum + (/\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1), 0);

/** At most `columns` wide; cut in the middle, since names of models differ at their end. */
export function fitted(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const characters = [...text];
  let removed = 1;
  for (;;) {
    const head = Math.floor((characters.length - removed) / 2);
    const kept = [...characters.slice(0, head), "…", ...characters.slice(head + removed)].join("");
    if (columnsOf(kept) <= columns || removed >= characters.length) return kept;
    removed += 1;
  }
}

const GAP = "  ";

/**
 * Rows of a table as lines of a code block, where nothing in a cell formats or ends the block. The first column stands
 * at the left and is cut where a line would be longer than `maxColumns`; the others stand at the right.
 */
export function aligned(rows: readonly (readonly string[])[], maxColumns: number): readonly string[] {
  const cells = rows.map((row) => row.map((cell) => codeLine(cell)));
  const widthOf = (column: number) => Math.max(0, ...cells.map((row) => columnsOf(row[column] ?? "")));
  const [, ...others] = cells[0] ?? [];
  const widths = others.map((_, index) => widthOf(index + 1));
  const first = Math.min(widthOf(0), maxColumns - widths.reduce((sum, width) => sum + width + GAP.length, 0));
  return cells.map(([label = "", ...values]) => {
    const shown = fitted(label, first);
    const right = values.map((value, index) => " ".repeat((widths[index] ?? 0) - columnsOf(value)) + value);
    return [shown + " ".repeat(first - columnsOf(shown)), ...right].join(GAP).trimEnd();
  });
}
