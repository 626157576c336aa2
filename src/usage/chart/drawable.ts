/** What the font that comes with the bot can draw: these scripts, digits, and the signs of everyday text. */
const UNKNOWN =
  /[^\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\u0020-\u007e\u00a0-\u00ff\u2010-\u2027\u2030-\u203a≈≥≤€]/gu;

/** A label without what would come out as empty boxes; `otherwise` where nothing is left of it. */
export function drawable(label: string, otherwise: string): string {
  const left = label.normalize("NFC").replace(UNKNOWN, "").replace(/\s+/g, " ").trim();
  return /[\p{L}\p{N}]/u.test(left) ? left : otherwise;
}
