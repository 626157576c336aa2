const CUT_NOTE = "\n\n✂️ The rest does not fit into one message.";

/** A text of at most `maxChars` UTF-16 code units, which says so where some of it is missing. */
export function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const end = maxChars - CUT_NOTE.length;
  return text.slice(0, isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end) + CUT_NOTE;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
