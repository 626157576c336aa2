import { AppError, messageOf, UserError } from "../../base/errors.js";
import { escapeInline } from "../../commands/wording/markdown.js";
import { type FinishReason, ProviderError } from "../../providers/provider.js";
import type { Ending } from "../../store/sessions/sessions.js";
import { DamagedRowError } from "../../store/store-error.js";
import type { Mark } from "../port/platform.js";

/** Why a turn was called off: the reason of its signal. */
export class TurnCalledOff extends AppError {
  readonly ending: "stopped" | "interrupted";

  constructor(ending: "stopped" | "interrupted") {
    super("internal", `The turn was ${ending}`);
    this.ending = ending;
  }
}

/** The provider is known to be down: nothing was asked of it. */
export class ProviderDown extends AppError {
  readonly provider: string;
  readonly retryAfterMs: number;

  constructor(provider: string, retryAfterMs: number) {
    super("provider", `${provider} has failed several times in a row`, { isRetryable: true });
    this.provider = provider;
    this.retryAfterMs = retryAfterMs;
  }
}

/** An answer went on for longer than any may. */
export class AnswerTooLong extends AppError {
  readonly limitMs: number;

  constructor(limitMs: number) {
    super("timeout", `The answer took more than ${limitMs / 60_000} min`);
    this.limitMs = limitMs;
  }
}

/** The line below what was kept of an answer. */
export const ENDING_LINES: Readonly<Record<Ending, string | undefined>> = {
  done: undefined,
  limited: undefined,
  stopped: "⏹️ Stopped.",
  "cut-off": "⚠️ The answer was cut off.",
  interrupted: "⚠️ Interrupted by a restart.",
  failed: undefined,
};

export const ENDING_MARKS: Readonly<Record<Ending, Mark>> = {
  done: "done",
  limited: "incomplete",
  stopped: "incomplete",
  "cut-off": "incomplete",
  interrupted: "incomplete",
  failed: "failed",
};

/** How a turn ended that came to its finish; the line below it says what ended it (`turn-text.ts`). */
export const endingOfFinish = (reason: FinishReason): Ending =>
  reason === "length" || reason === "filtered" ? "limited" : "done";

/** How a turn ended that threw, by what it threw and whether any text was shown. */
export function endingOf(error: unknown, hasText: boolean): Ending {
  if (error instanceof TurnCalledOff) return error.ending;
  return hasText ? "cut-off" : "failed";
}

/** What the asker reads where there is no answer. `reference` leads to the line of the log. */
export function failureText(error: unknown, reference: string): string {
  if (error instanceof UserError) return error.message;
  return `${sentenceFor(error)} (Reference ${reference})`;
}

function sentenceFor(error: unknown): string {
  if (error instanceof DamagedRowError)
    return [
      "The record of this conversation is damaged.",
      "`/chat new` starts it afresh; other conversations are not affected.",
    ].join(" ");
  if (error instanceof ProviderDown) {
    const wait = waitInWords(error.retryAfterMs);
    return `**${error.provider}** is not answering right now. Retrying in ${wait}; meanwhile ${ANOTHER_MODEL}.`;
  }
  if (error instanceof AnswerTooLong)
    return `There was no answer within ${waitInWords(error.limitMs)}, the longest that one may take.`;
  if (error instanceof ProviderError) return providerSentence(error);
  return "Something went wrong on my side.";
}

const ANOTHER_MODEL = "try another model with `/models use`";
const CHOOSE_ANOTHER = "Choose another one with `/models use`, or see `/models list`.";
/** More than a vendor's own words may have (`provider-fault.ts`). */
const MAX_DETAIL_CHARS = 300;

function providerSentence(error: ProviderError): string {
  const who = `**${error.provider}**`;
  const wait = error.retryAfterMs === undefined ? "in a moment" : `in ${waitInWords(error.retryAfterMs)}`;
  const status = error.status === undefined ? "" : ` (status ${error.status})`;
  const detail = escapeInline(messageOf(error), MAX_DETAIL_CHARS);
  const sentences: Record<ProviderError["reason"], string> = {
    timeout: `${who} gave no answer in time. Ask again, or ${ANOTHER_MODEL}.`,
    auth: `${who} refuses the bot's key. The operator can check it with \`npm run doctor\`.`,
    "rate-limited": `${who} is limiting the rate of requests. Try again ${wait}.`,
    overloaded: `${who} is overloaded. Try again ${wait}, or ${ANOTHER_MODEL}.`,
    "spend-cap": `The budget of the bot's account at ${who} is used up. Please ask the operator.`,
    "unknown-model": `${who} does not know this model. ${CHOOSE_ANOTHER}`,
    "not-for-chat": `${who} refuses this model for chat. ${CHOOSE_ANOTHER}`,
    "bad-request":
      `${who} did not accept the request (${detail}). ` +
      "If the conversation has grown too long for the model, `/chat new` starts afresh.",
    http: `${who} has a problem${status}. Try again ${wait}.`,
    network: `${who} cannot be reached right now. Try again ${wait}, or ${ANOTHER_MODEL}.`,
    malformed:
      `${who} returned something that isn't a chat completion. ` +
      "The operator can check its base URL with `npm run doctor`.",
    "cut-off": `${who} broke off before it said anything. Ask again.`,
  };
  return sentences[error.reason];
}

export function waitInWords(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
