import { saysSomething } from "../../base/text.js";
import { whoChangesRule } from "../../commands/choose-model.js";
import type { Control } from "../../commands/command.js";
import { newsLine } from "../../commands/wording/budget-text.js";
import { code, escapeInline } from "../../commands/wording/markdown.js";
import { type OutlookDeps, outlookIn } from "../../commands/wording/pin-outlook.js";
import { localeInForce, t } from "../../languages/translate.js";
import { ProviderError } from "../../providers/provider.js";
import type { Snapshot } from "../../refresh/catalog/catalog-entry.js";
import { livingModels } from "../../refresh/choose/closest-models.js";
import { factsOf, type ModelRef, modelName } from "../../refresh/choose/model-ref.js";
import type { ModelUse, RefreshStatus } from "../../refresh/refresher.js";
import type { Pin, Session } from "../../store/sessions/sessions.js";
import type { BudgetNews } from "../../usage/budgets/budgets.js";
import type { Used } from "../../usage/ledger.js";
import { spendingStop } from "../access/spending.js";
import { stacked } from "../delivery/code-fence.js";
import { workspaceOf } from "../port/conversation.js";
import type { ChannelKey, MessageKey } from "../port/platform.js";
import {
  chooseControl,
  comparedHeading,
  RATE_CONTROLS,
  retryControl,
  statusControl,
  takenLine,
} from "./answer-controls.js";
import { detourLine, lostLine, offerControls, riskLine, stoppedText, troubleControl } from "./detour.js";
import { causeOfBreak, ENDING_LINES, failureText, needsOperator, waitInWords } from "./endings.js";
import type { AnsweredTurn, ModelAnswer, TurnDeps } from "./turn-deps.js";

/** Where a model's name is cut; none is longer. */
const MAX_MODEL_CHARS = 250;
/** Most replacement models that are offered, with a button each. */
const MAX_REPLACEMENTS = 3;
/** A question that comes while the bot reads what it missed is as late as any. */
const NOTICED_MS = 1_000;
/** An answer that takes a screen, where going on in the channel would bury what others say. */
const LONG_CHARS = 1_500;

/** A model as running text names it: anybody may have typed it. */
const shownModel = (model: ModelRef): string => escapeInline(modelName(model), MAX_MODEL_CHARS);

interface ShownTerms {
  readonly reference: string;
  readonly used: Used | undefined;
  /** What is to be said of a budget. */
  readonly news: BudgetNews | undefined;
}

/** What is shown in the end: the answer, and below it the bot's own lines, the quietest last. */
export function shownText(deps: TurnDeps, turn: AnsweredTurn, { reference, used, news }: ShownTerms): string {
  const { answer, pin, session, prepared } = turn;
  const now = deps.clock.now();
  const notes = prepared?.notes.length ? prepared.notes.join("\n") : undefined;
  if (turn.question.compared !== undefined && pin !== null) {
    const text = answerText(deps, turn, reference);
    // A question that a budget stopped begins with that, wherever it was asked.
    const heading = text.startsWith("⛔") ? undefined : comparedHeading(pin);
    const taken = used && takenLine(now - turn.startedAt, used, factsOf(deps, pin));
    return stacked([heading, text, notes, news && newsLine(news), taken]);
  }
  const allowed = deps.allowed.snapshot(workspaceOf(turn.question.message));
  return stacked([
    answerText(deps, turn, reference),
    otherModelLine(turn),
    detourLine(turn, now),
    lostLine(turn),
    riskLine(turn.offer, now),
    pin === null ? undefined : replacements(allowed, pin, answer.error)?.line,
    pin === null || answer.finish === undefined ? undefined : pinNews(deps, pin, session, turn.question.message)?.line,
    notes,
    lateLine(turn),
    news === undefined ? undefined : newsLine(news),
    footerLine(deps, turn, used),
  ]);
}

/** The answer, or why there is none, and below it at most the line that says how it ended. */
function answerText(deps: TurnDeps, turn: AnsweredTurn, reference: string): string {
  const { answer, pin, isConfigured, session } = turn;
  const shown = saysSomething(turn.shown) ? turn.shown : undefined;
  if (pin === null) return noModelText(deps);
  if (!isConfigured) {
    return [
      t`This channel is pinned to **${shownModel(pin)}**, but **${pin.provider}** is not configured any more.`,
      t`Choose another model with \`/models use\`, or go back to the default.`,
    ].join(" ");
  }
  if (turn.ruling !== undefined) return ruledOutText(deps, turn, pin, turn.ruling);
  if (turn.route.kind === "stopped") return stoppedText(turn, deps.clock.now());
  const stop = spendingStop(deps, answer.error, turn.question.message);
  if (stop !== undefined) return stacked([shown, stop.text]);
  const line = ENDING_LINES[answer.ending];
  const isBeside = turn.question.compared !== undefined;
  const news = isBeside
    ? undefined
    : stacked([pinLine(pin, session, answer), systemLine(session, answer)]) || undefined;
  if (line !== undefined) return stacked([shown, line, causeOfBreak(answer.error), news]);
  if (answer.ending === "failed") return stacked([shown, failureText(answer.error, reference, deps.setups)]);
  return stacked([shown, finishLine(answer, turn.prepared), news]);
}

/** Why the model may not answer here, and what helps. */
function ruledOutText(
  { defaultModel }: Pick<TurnDeps, "defaultModel">,
  { question, session }: AnsweredTurn,
  pin: Pin,
  { by, rule }: NonNullable<AnsweredTurn["ruling"]>,
): string {
  const fallback = defaultModel(workspaceOf(question.message));
  return [
    `🔒 **${shownModel(pin)}** ${rule}.`,
    session.pin === null ? "" : t`The pin stays until somebody changes it.`,
    fallback === undefined ? "" : t`The default here is **${shownModel(fallback)}**.`,
    whoChangesRule(by),
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** The line below an answer that came to its finish, but not to a good one. */
function finishLine({ text, finish, hasThought }: ModelAnswer, prepared: AnsweredTurn["prepared"]): string | undefined {
  const isEmpty = !saysSomething(text);
  const { reason, word, wantsTool } = finish ?? { reason: "stop" };
  if (reason === "filtered") return t`⚠️ The provider's filter ended this answer.`;
  if (reason === "refused") return t`⚠️ The model refused to answer this.`;
  if (reason === "other") return t`⚠️ The answer ended with "${word ?? t`an unknown reason`}".`;
  if (reason === "length" && isEmpty && hasThought) {
    return t`⚠️ The model reached its length limit while reasoning, before any answer. Ask a smaller question.`;
  }
  const { cap } = prepared ?? {};
  // A vendor that counts fewer tokens has stopped it for a limit of its own.
  if (reason === "length" && cap?.isHosts && (finish?.usage?.outputTokens ?? cap.tokens) >= cap.tokens) {
    const tokens = cap.tokens.toLocaleString(localeInForce());
    return t`⚠️ The answer reached the limit of ${tokens} tokens per answer. Ask me to continue.`;
  }
  if (reason === "length") return t`⚠️ The answer reached the model's length limit.`;
  if (!isEmpty) return undefined;
  if (wantsTool) return t`⚠️ The model asked for a tool instead of answering; this bot has none.`;
  if (hasThought) return t`⚠️ The model gave only reasoning and an empty answer. \`/chat reasoning on\` shows it.`;
  return t`⚠️ The model gave an empty answer.`;
}

function noModelText({ refresher, providers }: Pick<TurnDeps, "refresher" | "providers">): string {
  if (providers.size === 0) return t`No provider is configured, so there is no model to answer with.`;
  return [
    t`There is no model to answer with: the list of models ${listWords(refresher.status())}.`,
    t`\`/models status\` shows why, and \`/models use provider/model\` works without a list.`,
  ].join(" ");
}

/** What became of the list that the default model would come from, the first provider's. */
function listWords({ indicator, providers: [first] }: RefreshStatus): string {
  if (indicator === "refreshing") return t`is being fetched right now; ask again in a moment`;
  if (first?.outcome === "empty") return t`of ${first.id} is empty`;
  return first?.fetchedAt == null ? t`could not be fetched yet` : t`of ${first.id} has no chat model`;
}

/** Under the first answer after a person chose the model or gave it up; undefined where there is nothing to tell. */
export function pinLine(pin: Pin | null, { pinNews }: Session, answer: ModelAnswer): string | undefined {
  if (pin === null || pinNews === undefined || answer.text.trim() === "") return undefined;
  const name = shownModel(pin);
  return pinNews === "default"
    ? t`📌 Back to the default: ${name}.`
    : t`📌 Now with ${name}, chosen by ${escapeInline(pin.by ?? "")}.`;
}

/** The line under an answer to a question that was missed at first; undefined where nobody would notice. */
function lateLine({ question, startedAt }: AnsweredTurn): string | undefined {
  const lateMs = startedAt - (question.mention?.writtenAt ?? startedAt);
  return lateMs < NOTICED_MS ? undefined : t`⏱️ ${waitInWords(lateMs)} late: I was not connected when this was asked.`;
}

/** Under the first answer after somebody set the conversation's system prompt, or dropped it. */
export function systemLine({ system, systemNews }: Session, answer: ModelAnswer): string | undefined {
  if (systemNews === undefined || answer.text.trim() === "") return undefined;
  const who = escapeInline(systemNews);
  return system === null
    ? t`📝 ${who} removed the system prompt of this conversation.`
    : t`📝 ${who} set a system prompt for this conversation; \`/chat system\` shows it.`;
}

/** The line under an answer that another model than the pinned one gave. */
function otherModelLine({ question, pin, session, answer }: AnsweredTurn): string | undefined {
  if (question.retry?.model === undefined || pin === null || answer.text === "") return undefined;
  const stays = session.pin === null ? "" : t` The conversation stays with ${shownModel(session.pin)}.`;
  return t`🔁 Answered by ${shownModel(pin)}.${stays}`;
}

/** Why a model cannot be used, as the provider said; undefined where the error says nothing of the model. */
export function modelRefusalOf(error: unknown): ModelUse["failure"] {
  if (!(error instanceof ProviderError)) return undefined;
  if (error.reason === "unknown-model") return "unknown-model";
  return error.reason === "not-for-chat" ? "not-usable" : undefined;
}

/** Where the model was refused: a line that names the closest listed ones, and a button for each. */
function replacements(
  snapshot: Snapshot,
  pin: Pin,
  error: unknown,
): { readonly line: string; readonly controls: readonly Control[] } | undefined {
  if (modelRefusalOf(error) === undefined) return undefined;
  const names = livingModels(snapshot, pin, MAX_REPLACEMENTS).map(modelName);
  if (names.length === 0) return undefined;
  const listed = names.map((name) => code(name, MAX_MODEL_CHARS)).join(", ");
  return {
    line: t`The pin stays until somebody changes it. The most similar listed models: ${listed}.`,
    controls: names.map((name) => ({ label: t`Use ${name}`, command: `/models use ${name}` })),
  };
}

/** What is to be said of a session's pin under an answer; undefined where that was said, or there is nothing to say. */
export function pinNews(deps: OutlookDeps, pin: Pin, { noted }: Pick<Session, "noted">, place: ChannelKey) {
  const outlook = outlookIn(deps, workspaceOf(place), pin);
  return outlook?.note === noted ? undefined : outlook;
}

/** The small line where a workspace asks for it: the model that really answered, tokens, time. */
function footerLine(deps: TurnDeps, turn: AnsweredTurn, used: Used | undefined): string | undefined {
  const { answer, pin, question, startedAt } = turn;
  const isWanted = deps.settings.of(workspaceOf(question.message)).footer === true;
  if (!isWanted || answer.text === "" || pin === null || used === undefined) return undefined;
  const total = used.inputTokens + used.outputTokens;
  const parts = [
    `${pin.provider}/${answer.finish?.model ?? pin.model}`,
    t`${used.isEstimated ? "≈ " : ""}${total.toLocaleString(localeInForce())} tokens`,
    `${((deps.clock.now() - startedAt) / 1000).toFixed(1)} s`,
    ...(pin.by === null ? [] : ["📌"]),
    ...(deps.refresher.status().isFresh ? [] : [t`⚠️ model lists are outdated`]),
  ];
  // Code, so that nothing in a model's name formats or links.
  return `\`${parts.join(" · ").replaceAll("`", "'")}\``;
}

/** The buttons and menus that stay under the answer. */
export function shownControls(deps: TurnDeps, turn: AnsweredTurn, text: string): readonly Control[] {
  const { pin, answer, platform, question, isConfigured, ruling } = turn;
  if (pin === null) return [];
  if (question.compared !== undefined) {
    const status = needsOperator(answer.error) ? [statusControl()] : [];
    if (!saysSomething(answer.text)) return status;
    return [chooseControl(question, pin), ...(isRated(deps, turn) ? RATE_CONTROLS : []), ...status];
  }
  if (!isConfigured || ruling !== undefined) return [{ label: t`Use the default`, command: "/models unpin" }];
  const stop = spendingStop(deps, answer.error, question.message);
  if (stop !== undefined) return [...stop.controls, retryControl()];
  const workspace = workspaceOf(question.message);
  const instead = replacements(deps.allowed.snapshot(workspace), pin, answer.error)?.controls;
  if (instead !== undefined) return [...instead, retryControl()];
  const isLong = text.length > Math.min(platform.limits.maxMessageChars, LONG_CHARS);
  const offersThread = isLong && question.mention?.isDirect !== true && canOpenThread(deps, question.message);
  const news = answer.finish === undefined ? undefined : pinNews(deps, pin, turn.session, question.message);
  const offered = turn.offer === undefined ? troubleControl(deps, turn) : offerControls(turn.offer, deps.clock.now());
  const controls = [
    ...offered,
    ...(news?.controls ?? []),
    ...deps.controls.under(pin, { workspace, offersThread, offersRating: isRated(deps, turn) }),
  ];
  return needsOperator(answer.error) ? [...controls, statusControl()] : controls;
}

/** Whether the answer is whole, and votes are wanted there. */
const isRated = ({ settings }: TurnDeps, { answer, question }: AnsweredTurn): boolean =>
  answer.finish !== undefined &&
  saysSomething(answer.text) &&
  settings.of(workspaceOf(question.message)).feedback !== false;

/** Whether a thread can begin where the message stands. */
export const canOpenThread = ({ surfaces }: Pick<TurnDeps, "surfaces">, { platform, thread }: MessageKey): boolean =>
  thread === undefined && surfaces.some((each) => each.platform.name === platform && each.openThread !== undefined);
