import { escapeInline } from "../../commands/wording/markdown.js";
import type { FinishReason, Provider, ProviderId, Usage } from "../../providers/provider.js";
import type { ModelRef } from "../../refresh/choose/default-model.js";
import { modelName } from "../../refresh/choose/default-model.js";
import type { Refresher } from "../../refresh/refresher.js";
import type { Ending, Pin, Session } from "../../store/sessions/sessions.js";
import { stacked } from "../delivery/code-fence.js";
import { AnswerTooLong, ENDING_LINES, failureText, waitInWords } from "./endings.js";

/** What came of asking the model. */
export interface Answer {
  /** What was said. */
  readonly text: string;
  readonly ending: Ending;
  readonly finish?: {
    readonly reason: FinishReason;
    readonly usage?: Usage;
    /** The model that really answered, where the provider says. */
    readonly model?: string;
  };
  readonly error?: unknown;
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
  if (line !== undefined) return stacked([shown, line, tooLongText(answer.error), news]);
  if (answer.ending === "failed") return stacked([shown, failureText(answer.error, reference)]);
  const limit = {
    stop: answer.text.trim() === "" ? "⚠️ The model gave an empty answer." : undefined,
    length: "⚠️ The answer reached the model's length limit.",
    filtered: "⚠️ The provider's filter ended this answer.",
    refused: "⚠️ The model refused to answer this.",
  }[answer.finish?.reason ?? "stop"];
  return stacked([shown, limit, news]);
}

const tooLongText = (error: unknown) =>
  error instanceof AnswerTooLong ? `It took longer than ${waitInWords(error.limitMs)}.` : undefined;

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
