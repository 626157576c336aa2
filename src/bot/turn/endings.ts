import { AppError, messageOf, UserError } from "../../base/errors.js";
import { saysSomething } from "../../base/text.js";
import { escapeInline } from "../../commands/wording/markdown.js";
import { phrase, t } from "../../languages/translate.js";
import { type FinishReason, ProviderError } from "../../providers/provider.js";
import type { ProviderSetup } from "../../providers/provider-definition.js";
import { addressFix } from "../../refresh/refresh-texts.js";
import type { Ending } from "../../store/sessions/sessions.js";
import { DamagedRowError } from "../../store/store.js";
import type { Mark } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";

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
  /** The provider's own words about its last failure. */
  readonly words: string | undefined;

  constructor(provider: string, { retryAfterMs, words }: Pick<ProviderDown, "retryAfterMs" | "words">) {
    super("provider", `${provider} has failed several times in a row`, { isRetryable: true });
    this.provider = provider;
    this.retryAfterMs = retryAfterMs;
    this.words = words;
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

/** Returns how a turn ended that came to its finish; the line below it says what ended it (`shown-answer.ts`). */
export function endingOfFinish(reason: FinishReason, said: string): Ending {
  if (reason === "refused") return "done";
  return reason === "stop" && saysSomething(said) ? "done" : "limited";
}

/** How a turn ended that threw, by what it threw and whether any text was shown. */
export function endingOf(error: unknown, hasText: boolean): Ending {
  if (error instanceof TurnCalledOff) return error.ending;
  return hasText ? "cut-off" : "failed";
}

/**
 * Returns what the asker reads where there is no answer. `reference` leads to the line of the log; `setups` name the
 * variables that may have to be fixed.
 */
export function failureText(error: unknown, reference: string, setups: readonly KnownSetup[]): string {
  if (error instanceof UserError) return error.message;
  return t`${sentenceFor(error, setups)} (Reference ${reference})`;
}

type KnownSetup = Pick<ProviderSetup, "id" | "key" | "keyVariable" | "addressVariable">;

/** Whether an operator has to fix something about the provider, which `/models status` says more of. */
export const needsOperator = (error: unknown): boolean =>
  error instanceof ProviderError && FOR_OPERATORS.includes(error.reason);

const FOR_OPERATORS: readonly ProviderError["reason"][] = ["auth", "address", "malformed", "network", "timeout"];

function sentenceFor(error: unknown, setups: readonly KnownSetup[]): string {
  if (error instanceof DamagedRowError)
    return [
      t`The record of this conversation is damaged.`,
      t`\`/chat new\` starts a new one; other conversations are not affected.`,
    ].join(" ");
  if (error instanceof ProviderDown) {
    const wait = waitInWords(error.retryAfterMs);
    const says = saysOf(error.words);
    return t`**${error.provider}** is not answering right now.${says} Retrying in ${wait}; meanwhile ${ANOTHER_MODEL}.`;
  }
  if (error instanceof AnswerTooLong)
    return t`The answer took longer than ${waitInWords(error.limitMs)}. Ask again, or ${ANOTHER_MODEL}.`;
  if (error instanceof ProviderError)
    return providerSentence(
      error,
      setups.find(({ id }) => id === error.provider),
    );
  if (error instanceof PlatformError && error.why !== undefined) return t`The answer could not be shown: ${error.why}.`;
  return t`Something went wrong on my side. Please ask again in a moment.`;
}

const ANOTHER_MODEL = phrase`try another model with \`/models use\``;
const CHOOSE_ANOTHER = phrase`Choose another one with \`/models use\`, or see \`/models list\`.`;
/** Where a vendor's own words are cut; `provider-fault.ts` keeps fewer. */
const MAX_DETAIL_CHARS = 300;
/** A vendor's own words, which a full stop of ours follows. */
const detail = (words: string): string => escapeInline(words, MAX_DETAIL_CHARS).replace(/[.。]$/, "");

function keySentence({ provider, status }: ProviderError, setup: KnownSetup | undefined): string {
  const code = status === undefined ? "" : ` (${status})`;
  const { key, keyVariable } = setup ?? {};
  if (keyVariable === undefined)
    return t`${provider} refuses the bot's key${code}. Please ask the bot's operator to check it.`;
  if (key === undefined)
    return t`${provider} needs a key${code}. Put one into \`${keyVariable}\` in \`.env\` and restart.`;
  return t`${provider} refuses the key in \`${keyVariable}\`${code}. Put a valid key into \`.env\` and restart.`;
}

const saysOf = (words: string | undefined): string => (words === undefined ? "" : t` It says: ${detail(words)}.`);

function providerSentence(error: ProviderError, setup: KnownSetup | undefined): string {
  const { provider, reason, status, words, retryAfterMs } = error;
  const wait = retryAfterMs === undefined ? t`in a moment` : t`in ${waitInWords(retryAfterMs)}`;
  const who = `**${provider}**`;
  const says = saysOf(words);
  const what = detail(messageOf(error));
  const later = t`Try again ${wait}, or ${ANOTHER_MODEL}.`;
  const renewal = retryAfterMs === undefined ? CHOOSE_ANOTHER : later;
  const pause = retryAfterMs === undefined ? t`in a minute` : wait;
  const sentences: Record<ProviderError["reason"], string> = {
    auth: keySentence(error, setup),
    timeout: t`${who} gave no answer in time. Ask again, or ${ANOTHER_MODEL}.`,
    "no-access": t`${who} does not let the bot use this model.${says} ${CHOOSE_ANOTHER}`,
    "rate-limited": t`${who} is limiting the rate of requests. Try again ${wait}.${says}`,
    quota: t`A quota of the bot's account at ${who} is used up.${says} ${renewal}`,
    "spend-cap": t`The budget of the bot's account at ${who} is used up. Please ask the bot's operator.${says}`,
    overloaded: t`${who} is overloaded. ${later}${says}`,
    loading: t`${who} is still loading this model. Try again ${pause}.${says}`,
    "out-of-memory": t`${who} has too little memory for this model.${says} ${CHOOSE_ANOTHER}`,
    "unknown-model": t`${who} does not know this model.${says} ${CHOOSE_ANOTHER}`,
    "not-for-chat": t`${who} refuses this model for chat.${says} ${CHOOSE_ANOTHER}`,
    "content-refused": t`${who} refused the content.${says} Rephrase it, or ${ANOTHER_MODEL}.`,
    "context-too-long": t`The conversation is too long for this model at ${who}.${says} Start over: \`/chat new\`.`,
    "bad-request": t`${who} did not accept the request (${what}). ${CHOOSE_ANOTHER}`,
    address: `${what}. ${addressFix(setup ?? {})}`,
    http: t`${who} has a problem${status === undefined ? "" : t` (status ${status})`}. Try again ${wait}.${says}`,
    network: t`${who} cannot be reached right now. ${later}`,
    malformed: `${what}. ${addressFix(setup ?? {})}`,
    "cut-off": t`${who} closed the connection before the answer began. Ask again.`,
  };
  return sentences[reason];
}

/** What broke an answer off that had begun; undefined where "cut off" says all that is known. */
export function causeOfBreak(error: unknown): string | undefined {
  if (error instanceof AnswerTooLong) return t`It took longer than ${waitInWords(error.limitMs)}.`;
  if (!(error instanceof ProviderError) || LOST.includes(error.reason)) return undefined;
  return `${detail(error.message)}.`;
}

const LOST: readonly ProviderError["reason"][] = ["cut-off", "network", "timeout"];

export function waitInWords(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? t`${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
