import { escapeInline } from "../../commands/wording/markdown.js";
import type { FinishReason, Provider, ProviderId, Usage } from "../../providers/provider.js";
import type { ModelRef } from "../../refresh/choose/default-model.js";
import { modelName } from "../../refresh/choose/default-model.js";
import type { Refresher } from "../../refresh/refresher.js";
import type { Ending, Pin, Session } from "../../store/sessions/sessions.js";
import { stacked } from "../delivery/code-fence.js";
import { causeOfBreak, ENDING_LINES, failureText } from "./endings.js";

/** What came of asking the model. */
export interface Answer {
  /** What was said. */
  readonly text: string;
  readonly ending: Ending;
  readonly finish?: {
    readonly reason: FinishReason;
    /** The vendor's word for an end that nobody knows. */
    readonly word?: string;
    readonly wantsTool?: boolean;
    readonly usage?: Usage;
    /** The model that really answered, where the provider says. */
    readonly model?: string;
  };
  readonly error?: unknown;
  /** It thought, whether that is shown or not. */
  readonly hasThought?: boolean;
  readonly firstTextAt?: number;
  /** The provider may have counted something: it answered, or was at it when the turn was called off. */
  readonly isUsed?: boolean;
}

interface TextDeps {
  readonly refresher: Refresher;
  readonly providers: ReadonlyMap<ProviderId, Provider>;
}

/** What the asker reads in the end: the answer, and below it at most one line of ours. */
export function shownText(
  deps: TextDeps,
  facts: {
    readonly answer: Answer;
    /** What was said, below what was thought where that is shown. */
    readonly shown: string;
    readonly pin: Pin | null;
    readonly isConfigured: boolean;
    readonly reference: string;
    readonly session: Session;
  },
): string {
  const { answer, shown, pin, isConfigured, reference, session } = facts;
  if (pin === null) return noModelText(deps);
  if (!isConfigured) {
    return `This channel is pinned to **${shownModel(pin)}**, but **${pin.provider}** is not configured any more. Choose another model with /models use, or go back to the default.`;
  }
  const line = ENDING_LINES[answer.ending];
  const news = pinLine(pin, session, answer);
  if (line !== undefined) return stacked([shown, line, causeOfBreak(answer.error), news]);
  if (answer.ending === "failed") return stacked([shown, failureText(answer.error, reference)]);
  return stacked([shown, finishLine(answer), news]);
}

/** The line below an answer that came to its finish, but not to a good one. */
function finishLine({ text, finish, hasThought }: Answer): string | undefined {
  const isEmpty = text.trim() === "";
  const { reason, word, wantsTool } = finish ?? { reason: "stop" };
  if (reason === "filtered") return "⚠️ The provider's filter ended this answer.";
  if (reason === "refused") return "⚠️ The model refused to answer this.";
  if (reason === "other") return `⚠️ The answer ended with "${word ?? "an unknown reason"}".`;
  if (reason === "length" && isEmpty && hasThought) {
    return "⚠️ The model reached its length limit while it was thinking, before any answer. Ask for less at once.";
  }
  if (reason === "length") return "⚠️ The answer reached the model's length limit.";
  if (!isEmpty) return undefined;
  if (wantsTool) return "⚠️ The model asked for a tool instead of answering; this bot has none.";
  if (hasThought) return "⚠️ The model gave an empty answer: it only thought. `/chat reasoning on` shows its thoughts.";
  return "⚠️ The model gave an empty answer.";
}

/** A model as running text names it: anybody may have typed it. */
export const shownModel = (model: ModelRef): string => escapeInline(modelName(model), MAX_MODEL_CHARS);

const MAX_MODEL_CHARS = 250;

/** Under the first answer after a person chose the model or gave it up; undefined where there is nothing to tell. */
export function pinLine(pin: Pin | null, { pinNews }: Session, answer: Answer): string | undefined {
  if (pin === null || pinNews === undefined || answer.text.trim() === "") return undefined;
  const name = shownModel(pin);
  return pinNews === "default"
    ? `📌 Back to the default: ${name}.`
    : `📌 Now with ${name}, chosen by ${escapeInline(pin.by ?? "")}.`;
}

function noModelText({ refresher, providers }: TextDeps): string {
  if (providers.size === 0) return "No provider is configured, so there is no model to answer with.";
  const { indicator } = refresher.status();
  const reason =
    indicator === "refreshing" ? "is being fetched right now; ask again in a moment" : "could not be fetched yet";
  return `There is no model to answer with: the list of models ${reason}. /models status shows why, and \`/models use provider/model\` works without a list.`;
}
