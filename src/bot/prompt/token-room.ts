import { countTokens } from "./context.js";

/** What may still come along with a question, in tokens. Whoever comes first has its place first. */
export interface TokenRoom {
  /** The most that fits, as text for a message: "16,000 tokens". */
  readonly size: string;
  /** Takes a fixed number of tokens; false where so many are not left, and then none are taken. */
  take(tokens: number): boolean;
  /**
   * Takes the text that `write` makes of at most so many UTF-16 code units, as many of `maxChars` as fit; undefined
   * where too few do to be of use. `isCut`: not all of them fitted.
   */
  fit(write: (maxChars: number) => string | undefined, maxChars: number): FittedText;
}

export interface FittedText {
  readonly text: string | undefined;
  readonly isCut: boolean;
}

/** Less of a text says nothing. */
const MIN_CHARS = 200;
/** The rest is for what a shorter text needs more tokens for than its share. */
const SAFE_SHARE = 0.95;
const MAX_CUTS = 4;

/** `taken`: what is sent in any case. */
export function createTokenRoom(maxTokens: number, taken: number): TokenRoom {
  let left = Math.max(0, maxTokens - taken);
  const take = (tokens: number) => {
    if (tokens > left) return false;
    left -= tokens;
    return true;
  };
  return {
    size: `${Math.floor(maxTokens).toLocaleString("en")} tokens`,
    take,
    fit(write, maxChars) {
      let chars = maxChars;
      for (let cuts = 0; cuts <= MAX_CUTS; cuts++) {
        const text = write(chars);
        if (text === undefined) return { text, isCut: false };
        const tokens = countTokens(text);
        if (take(tokens)) return { text, isCut: cuts > 0 };
        chars = Math.floor((Math.min(chars, text.length) * left * SAFE_SHARE) / tokens);
        if (chars < MIN_CHARS) break;
      }
      return { text: undefined, isCut: true };
    },
  };
}
