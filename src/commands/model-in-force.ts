import { AppError } from "../base/errors.js";
import { timeMark } from "../base/time.js";
import type { ModelInfo } from "../providers/provider.js";
import { isDetourOf } from "../quota/fallback/route.js";
import type { Snapshot } from "../refresh/catalog/catalog-types.js";
import { defaultModel, type ModelRef, modelName, splitModel } from "../refresh/choose/default-model.js";
import { newestMatch, newestMatchSince } from "../refresh/choose/newest-match.js";
import { providerWarnings } from "../refresh/refresh-texts.js";
import type { RefreshStatus } from "../refresh/refresher.js";
import type { Detour, Pin } from "../store/sessions/sessions.js";
import type { Control, Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code, escapeInline } from "./wording/markdown.js";
import { outlookIn } from "./wording/pin-outlook.js";
import { untilText } from "./wording/quota-text.js";

export interface ModelInForce extends ModelRef {
  readonly by: "workspace" | "pattern" | "host" | "first-provider";
}

export type ModelInForceDeps = Pick<CommandDeps, "settings" | "refresher" | "allowed" | "setups" | "host">;

const chatCount = (models: readonly ModelInfo[] = []) => models.filter(({ isChat }) => isChat).length;

/** The model that a new conversation of a workspace would get now, and why; undefined while there is none. */
export function modelInForce(
  { settings, refresher, allowed, setups, host }: ModelInForceDeps,
  workspace: string,
): ModelInForce | undefined {
  const isAllowed = (model: ModelRef) => allowed.judge(workspace, model).isAllowed;
  const { model: own, modelPattern } = settings.of(workspace);
  const newest = modelPattern && newestMatch(allowed.snapshot(workspace), modelPattern.pattern);
  if (newest !== undefined) return { ...newest, by: "pattern" };
  const chosen = own === undefined ? undefined : splitModel(own);
  // A provider whose key was taken out of the environment cannot answer.
  const isUsable = chosen !== undefined && setups.some(({ id }) => id === chosen.provider) && isAllowed(chosen);
  if (isUsable) return { ...chosen, by: "workspace" };
  if (host.defaultModel !== undefined && isAllowed(host.defaultModel)) return { ...host.defaultModel, by: "host" };
  const snapshot = allowed.snapshot(workspace);
  const whole = refresher.snapshot();
  const countOf = ({ providers }: Snapshot, id: string) => chatCount(providers.get(id)?.models);
  const mayAnswer = setups.filter(({ id }) => countOf(snapshot, id) > 0 || countOf(whole, id) === 0);
  const found = defaultModel({ snapshot, setups: mayAnswer });
  return found && { ...found, by: "first-provider" };
}

const BY: Readonly<Record<Exclude<ModelInForce["by"], "pattern">, string>> = {
  workspace: "this workspace's default",
  host: "the host's default",
  "first-provider": "the first provider's newest preferred model",
};

/** "**openai/gpt-5** (the host's default)", or that there is none. */
export function defaultWords(deps: CommandDeps, workspace: string): string {
  const found = modelInForce(deps, workspace);
  if (found === undefined) return "none yet, because the first provider has no list, or no model that may be used here";
  const why = found.by === "pattern" ? patternWords(deps, workspace) : BY[found.by];
  return `**${escapeInline(modelName(found), 250)}** (${why})`;
}

/** "the newest that fits `anthropic/claude-*`, since …". */
function patternWords({ settings, allowed, refresher }: ModelInForceDeps, workspace: string): string {
  const { modelPattern } = settings.of(workspace);
  if (modelPattern === undefined) return "";
  const changes = [...refresher.changes().values()].flatMap((log) => log.changes ?? []);
  const since = newestMatchSince(allowed.snapshot(workspace), modelPattern, changes);
  return `the newest that fits ${code(modelPattern.pattern, 250)}, since ${timeMark(since)}`;
}

/** What the next message of an unpinned conversation gets. */
export function defaultSentence(deps: CommandDeps, workspace: string): string {
  if (modelInForce(deps, workspace) !== undefined) {
    return `The next message here pins this channel to the default model, now ${defaultWords(deps, workspace)}.`;
  }
  return (
    "There is no default model yet, because the first provider has no list, or the rules leave none: refresh with " +
    "`/refresh-models`, or choose one with `/models use`."
  );
}

type SessionDeps = Pick<CommandDeps, "sessions" | "chatRefusal">;

/** For people who may chat there; undefined for others, and where the store fails: the rest is worth showing. */
async function sessionFor({ sessions, chatRefusal }: SessionDeps, invocation: Invocation) {
  if ((await chatRefusal(invocation)) !== undefined) return undefined;
  try {
    return await sessions.get(invocation.conversation);
  } catch (error) {
    if (error instanceof AppError && error.code === "store") return undefined;
    throw error;
  }
}

/** The pin of a conversation, for people who may chat there; null for others, and where the store fails. */
export const pinFor = async (deps: SessionDeps, invocation: Invocation): Promise<Pin | null> =>
  (await sessionFor(deps, invocation))?.pin ?? null;

type PinViewDeps = SessionDeps & Pick<CommandDeps, "clock" | "refresher" | "allowed" | "settings" | "modelFacts">;

/**
 * When a conversation got its model, and from whom, which one answers for it meanwhile, and what is wrong with it; the
 * controls help.
 */
export async function pinView(
  deps: PinViewDeps,
  invocation: Invocation,
): Promise<{ readonly lines: readonly string[]; readonly controls: readonly Control[] }> {
  const { pin = null, detour } = (await sessionFor(deps, invocation)) ?? {};
  if (pin === null) return { lines: [], controls: [] };
  const now = deps.clock.now();
  const isOnDetour = detour !== undefined && isDetourOf(detour, pin, now);
  const by = pin.by === null ? "as the default model" : `by ${escapeInline(pin.by)}`;
  const outlook = outlookIn(deps, invocation.workspace, pin);
  return {
    lines: [
      `📌 Pinned here ${timeMark(pin.at)}, ${by}: **${escapeInline(modelName(pin), 250)}**`,
      ...(outlook === undefined ? [] : [outlook.line]),
      ...troubleLines(deps.refresher.status(), pin),
      ...(isOnDetour ? [detourText(detour, pin, now)] : []),
    ],
    controls: outlook?.controls ?? [],
  };
}

/** Why answers of a pinned model may fail, where its provider is to blame. */
function troubleLines(status: RefreshStatus, { provider }: Pin): readonly string[] {
  if (status.providers.every(({ id }) => id !== provider))
    return [
      `⚠️ ${code(provider)} is not configured, so nothing can be answered here: \`/models use\` takes another model.`,
    ];
  const warning = providerWarnings(status).find((each) => each.startsWith(`${provider}: `));
  return warning === undefined ? [] : [`⚠️ Answers may fail here: ${warning.replace(": ", " ")}.`];
}

/** Who answers in the pinned model's place, and until when. */
export function detourText(detour: Detour, pin: Pin, now: number): string {
  const until = detour.isOpenEnded ? "it is back" : untilText(detour.until, now);
  const [other, own] = [detour, pin].map((model) => `**${escapeInline(modelName(model), 250)}**`);
  return `↪️ ${other} answers here until ${until}; the pin stays ${own}. \`/models back\` returns sooner.`;
}
