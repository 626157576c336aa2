import { UserError } from "../base/errors.js";
import { timeMark } from "../base/time.js";
import { t } from "../languages/translate.js";
import { withoutDetour } from "../quota/fallback/route.js";
import { stateOf } from "../refresh/catalog/catalog-entry.js";
import { findModel } from "../refresh/choose/find-model.js";
import { type ModelRef, modelName } from "../refresh/choose/model-ref.js";
import { suggestModels } from "../refresh/choose/suggest-models.js";
import type { Pin, Session } from "../store/sessions/sessions.js";
import type { Choice, Control, Invocation, Reply } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { configuredNames } from "./provider-option.js";
import { code, escapeInline } from "./wording/markdown.js";

type Deps = Pick<CommandDeps, "refresher" | "setups" | "allowed">;

/** A provider's id of 32 characters, a slash, and a model's id of 200. */
const MAX_MODEL_CHARS = 233;

/** Most suggestions: as many as Slack's menu shows. Other platforms show fewer. */
const MAX_SUGGESTIONS = 100;

/** Most buttons in a row: five fit on every platform. */
const MAX_BUTTONS = 5;

/** Either the model that was meant, with what should be known about it, or the question back. */
export type ChosenModel =
  | { readonly kind: "chosen"; readonly model: ModelRef; readonly note: string }
  | { readonly kind: "asked-back"; readonly reply: Reply };

/** A model as people type it: provider/model, an id, or a part of one. */
export const modelOption = {
  kind: "text",
  about: "provider/model, like openai/gpt-5, or a part of its name",
  maxChars: MAX_MODEL_CHARS,
  isSuggested: true,
} as const;

/**
 * `command` is what a choice types before the model: "/models use".
 * @throws {UserError} where the rules of the workspace or the host rule it out
 */
export function chooseModel(deps: Deps, typed: string, command: string, workspace: string): ChosenModel {
  const whole = findModel(deps.refresher.snapshot(), typed, deps.setups);
  // What fits several models may fit one of those that may be used.
  const found = whole.kind === "exact" ? whole : findModel(deps.allowed.snapshot(workspace), typed, deps.setups);
  if (found.kind === "exact") {
    const { provider, model } = found;
    requireAllowed(deps, workspace, found);
    return { kind: "chosen", model: { provider, model }, note: noteOn(deps, found) };
  }
  const { choices } = found;
  const opening = found.kind === "ambiguous" ? t`${code(typed)} matches several models.` : unknownText(deps, typed);
  const question = choices.length > 0 ? t` Which one do you mean?` : "";
  return {
    kind: "asked-back",
    reply: {
      markdown: [
        t`${opening} Nothing was changed.${question}`,
        ...choices.map((choice) => `- ${code(modelName(choice))}`),
      ].join("\n"),
      controls: choiceControls(choices, command),
    },
  };
}

/** @throws {UserError} where the rules of the workspace or the host rule a model out */
export function requireAllowed({ allowed }: Pick<CommandDeps, "allowed">, workspace: string, model: ModelRef): void {
  const judged = allowed.judge(workspace, model);
  if (judged.isAllowed) return;
  const name = escapeInline(modelName(model), MAX_MODEL_CHARS);
  throw new UserError(t`🔒 **${name}** ${judged.rule}. ${whoChangesRule(judged.by)} Nothing was changed.`);
}

/** What a session becomes when a person chooses its model; the next answer says so. */
export const withPin = (before: Session, model: ModelRef, by: Pick<Pin, "at" | "by">): Session => ({
  ...withoutDetour(before),
  pin: { ...model, ...by },
  pinNews: "chosen",
});

/** Who can change the rule that rules a model out, as a sentence. */
export const whoChangesRule = (by: "host" | "workspace"): string =>
  by === "host"
    ? t`Only the bot's host can change that. \`/models list\` shows what may be used.`
    : t`An operator can change that with \`/settings models\`. \`/models list\` shows what may be used.`;

/**
 * Autocomplete of a model: from memory, what is fresh and was used lately first, and stale lists are refreshed behind
 * its back.
 */
export function suggestModelChoices(
  { refresher, allowed }: Pick<CommandDeps, "refresher" | "allowed">,
  typed: string,
  { workspace }: Pick<Invocation, "workspace">,
): readonly Choice[] {
  refresher.nudge("picker");
  const fresh = new Set(refresher.status().providers.flatMap(({ id, isFresh }) => (isFresh ? id : [])));
  const terms = { recent: refresher.recentlyUsed(workspace), isFresh: (provider: string) => fresh.has(provider) };
  return suggestModels(allowed.snapshot(workspace), typed, MAX_SUGGESTIONS, terms).map((choice) => ({
    label: choice.name === undefined ? modelName(choice) : `${modelName(choice)} (${choice.name})`,
    value: modelName(choice),
  }));
}

function choiceControls(choices: readonly ModelRef[], command: string): readonly Control[] {
  const options = choices.map((choice) => ({ label: modelName(choice), command: `${command} ${modelName(choice)}` }));
  if (options.length <= MAX_BUTTONS) return options;
  return [{ label: t`Choose a model`, options }];
}

function unknownText(deps: Deps, typed: string): string {
  const [prefix = "", ...rest] = typed.trim().split("/");
  const provider = deps.setups.find(({ id }) => id === prefix.toLowerCase());
  const known = t`Configured: ${configuredNames(deps)}.`;
  if (provider === undefined) {
    if (rest.length > 0) return t`There is no model ${code(typed)}, and no provider ${code(prefix)}. ${known}`;
    return t`No list has a model ${code(typed)}. ${known} Type a model that is not listed as
      ${code("provider/model")}.`;
  }
  return rest.join("/").trim() === ""
    ? t`${code(provider.id)} has no list to choose from yet. Type the model too, like ${code(`${provider.id}/model`)}.`
    : t`${code(typed)} is not listed, and the name of a model that is not listed can't contain spaces.`;
}

function noteOn({ refresher }: Deps, found: ModelRef & { readonly isListed: boolean }): string {
  const entry = refresher.snapshot().providers.get(found.provider);
  if (!found.isListed) {
    const list =
      entry?.fetchedAt == null ? t`has no list yet` : t`does not list it (list from ${timeMark(entry.fetchedAt)})`;
    return t`\n⚠️ ${code(found.provider)} ${list}, so the next answer will show whether it works.`;
  }
  if (entry !== undefined && stateOf(entry, found.model) === "not-usable-here") {
    return t`\n⚠️ Its provider refused it for chat when it was last used, so it may not answer.`;
  }
  const isChat = entry?.models.find(({ id }) => id === found.model)?.isChat ?? true;
  return isChat ? "" : t`\n⚠️ Its provider does not list it as a chat model, so it may not answer.`;
}
