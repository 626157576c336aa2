import { AppError } from "../base/errors.js";
import { timeMark } from "../base/time.js";
import { type Phrase, phrase, t } from "../languages/translate.js";
import { isDetourOf } from "../quota/fallback/route.js";
import { type ModelInForce, modelInForce } from "../refresh/choose/model-in-force.js";
import { modelName } from "../refresh/choose/model-ref.js";
import { newestMatchSince } from "../refresh/choose/newest-match.js";
import { providerWarnings } from "../refresh/refresh-texts.js";
import type { RefreshStatus } from "../refresh/refresher.js";
import type { Detour, Pin } from "../store/sessions/sessions.js";
import type { Control, Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code, escapeInline } from "./wording/markdown.js";
import { outlookIn } from "./wording/pin-outlook.js";
import { untilText } from "./wording/quota-text.js";

const BY: Readonly<Record<Exclude<ModelInForce["by"], "pattern">, Phrase>> = {
  workspace: phrase`this workspace's default`,
  host: phrase`the host's default`,
  "first-provider": phrase`the first provider's newest preferred model`,
};

/** "**openai/gpt-5** (the host's default)", or that there is none. */
export function defaultWords(deps: CommandDeps, workspace: string): string {
  const found = modelInForce(deps, workspace);
  if (found === undefined)
    return t`none yet, because the first provider has no list, or no model that may be used here`;
  const why = found.by === "pattern" ? patternWords(deps, workspace) : BY[found.by];
  return `**${escapeInline(modelName(found), 250)}** (${why})`;
}

/** "the newest that matches `anthropic/claude-*`, since …". */
function patternWords({ settings, allowed, refresher }: CommandDeps, workspace: string): string {
  const { modelPattern } = settings.of(workspace);
  if (modelPattern === undefined) return "";
  const changes = [...refresher.changes().values()].flatMap((log) => log.changes ?? []);
  const since = newestMatchSince(allowed.snapshot(workspace), modelPattern, changes);
  return t`the newest that matches ${code(modelPattern.pattern, 250)}, since ${timeMark(since)}`;
}

/** What the next message of an unpinned conversation gets. */
export function defaultSentence(deps: CommandDeps, workspace: string): string {
  if (modelInForce(deps, workspace) !== undefined) {
    return t`The next message here pins this channel to the default model, now ${defaultWords(deps, workspace)}.`;
  }
  return t`There is no default model yet, because the first provider has no list, or the rules leave none:
    refresh with \`/refresh-models\`, or choose one with \`/models use\`.`;
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
  const by = pin.by === null ? t`as the default model` : t`by ${escapeInline(pin.by)}`;
  const outlook = outlookIn(deps, invocation.workspace, pin);
  return {
    lines: [
      t`📌 Pinned here ${timeMark(pin.at)}, ${by}: **${escapeInline(modelName(pin), 250)}**`,
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
      t`⚠️ ${code(provider)} is not configured, so nothing can be answered here: \`/models use\` chooses another one.`,
    ];
  const warning = providerWarnings(status).find((each) => each.startsWith(`${provider}: `));
  return warning === undefined ? [] : [t`⚠️ Answers may fail here: ${warning.replace(": ", " ")}.`];
}

/** Who answers in the pinned model's place, and until when. */
export function detourText(detour: Detour, pin: Pin, now: number): string {
  const until = detour.isOpenEnded ? t`it is back` : untilText(detour.until, now);
  const nameOf = (model: Pick<Pin, "provider" | "model">) => `**${escapeInline(modelName(model), 250)}**`;
  const [other, own] = [nameOf(detour), nameOf(pin)];
  return t`↪️ ${other} answers here until ${until}; the pin stays ${own}. \`/models back\` returns sooner.`;
}
