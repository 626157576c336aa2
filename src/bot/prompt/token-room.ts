import type { ModelFacts } from "../../usage/model-facts.js";
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

/** In force where the host has set nothing. */
const DEFAULT_MAX_TOKENS = 16_384;
/** What a vendor counts may be more than the estimate. */
const ESTIMATE_SLACK = 1.15;
/** An answer of fewer tokens is not worth asking for: where the window leaves less, the vendor says so. */
const MIN_TOKENS = 256;

/** How long an answer may be, in whole tokens. */
export interface OutputCap {
  readonly tokens: number;
  /** False where it is the model's own limit, or what its window leaves. */
  readonly isHosts: boolean;
}

/**
 * Returns the output cap of a request: the host's, at most the model's own limit and what its window leaves beside
 * `inputTokens`. Undefined where none of the model's is known and nobody wants one.
 * @param isWanted a budget in tokens or USD is in force, so that an answer must have an end
 */
export function outputCap(
  { outputTokens, contextTokens }: Pick<ModelFacts, "outputTokens" | "contextTokens">,
  terms: { readonly inputTokens: number; readonly hostTokens: number | undefined; readonly isWanted: boolean },
): OutputCap | undefined {
  const { inputTokens, hostTokens, isWanted } = terms;
  const isKnown = outputTokens !== undefined || contextTokens !== undefined;
  if (!isKnown && hostTokens === undefined && !isWanted) return undefined;
  const left = (contextTokens ?? Number.POSITIVE_INFINITY) - Math.ceil(inputTokens * ESTIMATE_SLACK);
  const own = Math.min(outputTokens ?? Number.POSITIVE_INFINITY, Math.max(left, MIN_TOKENS));
  const tokens = Math.min(hostTokens ?? DEFAULT_MAX_TOKENS, own);
  return { tokens, isHosts: tokens < own };
}
