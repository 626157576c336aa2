import type { ModelFacts } from "../../usage/model-facts.js";

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
