import type { Refresher } from "../../refresh/refresher.js";
import type { Pin } from "../../store/sessions/sessions.js";
import type { Answer } from "./turn-text.js";

export interface FooterFacts {
  readonly pin: Pin;
  readonly answer: Answer;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number; readonly isEstimated: boolean };
  readonly durationMs: number;
  readonly refresher: Pick<Refresher, "status">;
}

/** The small line under an answer, where a workspace asks for it: the model that really answered, tokens, time. */
export function footerLine({ pin, answer, usage, durationMs, refresher }: FooterFacts): string {
  const { isFresh } = refresher.status();
  const total = usage.inputTokens + usage.outputTokens;
  const parts = [
    `${pin.provider}/${answer.finish?.model ?? pin.model}`,
    `${usage.isEstimated ? "≈ " : ""}${total.toLocaleString("en")} tokens`,
    `${(durationMs / 1000).toFixed(1)} s`,
    ...(pin.by === null ? [] : ["📌"]),
    ...(isFresh ? [] : ["⚠️ model lists are old"]),
  ];
  // Code, so that nothing in a model's name formats or links.
  return `\`${parts.join(" · ").replaceAll("`", "'")}\``;
}
