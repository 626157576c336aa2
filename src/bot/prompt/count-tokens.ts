import { estimateTokenCount } from "tokenx";

/** Longer texts are judged by samples: counting 400,000 characters would hold everybody's chat for 30 ms. */
const MAX_COUNTED_CHARS = 20_000;
const SAMPLES = 8;

/** An estimate; exact tokenizers take seconds on hostile text and would hold everybody's chat. */
export function countTokens(text: string): number {
  if (text.length <= MAX_COUNTED_CHARS) return estimateTokenCount(text);
  const chars = MAX_COUNTED_CHARS / SAMPLES;
  let tokens = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = Math.floor((sample * (text.length - chars)) / (SAMPLES - 1));
    tokens += estimateTokenCount(text.slice(start, start + chars));
  }
  return Math.ceil((tokens * text.length) / MAX_COUNTED_CHARS);
}

/**
 * What an image counts, whatever its size: what Anthropic's documentation gives for one of about a megapixel, to which
 * most of its models reduce larger ones. OpenAI and Gemini count about 1,100 for it; the newest models read large images
 * at up to three times as much, for which the share of the window that is left for the answer makes room.
 */
export const IMAGE_TOKENS = 1_600;
