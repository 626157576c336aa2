import { UserError } from "../base/errors.js";
import { fitsGlob } from "../base/text.js";
import { type Phrase, phrase, plural, t } from "../languages/translate.js";
import { audited } from "../refresh/audited-settings.js";
import { globWords } from "../refresh/choose/allowed-models.js";
import { modelName } from "../refresh/choose/model-ref.js";
import type { ModelRules } from "../refresh/settings.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code } from "./wording/markdown.js";

const MAX_GLOBS = 50;
const MAX_GLOB_CHARS = 233;
const MAX_LIST_CHARS = 3_000;
const PRICE = /^\d{1,9}(\.\d{1,6})?$/;

type Rule = "allow" | "deny" | "max-price" | "unknown-price" | "reset";

const RULE_OPTION = {
  kind: "choice",
  about: "what to set",
  values: [
    { value: "allow", label: "allow only these" },
    { value: "deny", label: "deny these" },
    { value: "max-price", label: "most that a model may cost" },
    { value: "unknown-price", label: "models of unknown price" },
    { value: "reset", label: "remove all rules" },
  ],
} as const;

export const settingsModels = (deps: CommandDeps) =>
  defineCommand({
    path: "settings models",
    about: "Which models may be used in this workspace; without options, shows the current rules",
    access: "operator",
    visibility: "ephemeral",
    options: {
      rule: RULE_OPTION,
      value: {
        kind: "text",
        about: "patterns like anthropic/*, separated by commas; USD per million output tokens; pass or block; off",
        maxChars: MAX_LIST_CHARS,
      },
    },
    async *run({ rule, value }, invocation) {
      const { workspace } = invocation;
      if (rule === undefined) {
        if (value !== undefined)
          throw new UserError(t`Name the rule first: ${code("/settings models allow anthropic/*")}.`);
        yield { markdown: ruleLines(deps, workspace).join("\n") };
        return;
      }
      const change = changeOf(rule as Rule, value);
      await deps.settings.change(
        workspace,
        ({ models = {}, ...rest }) => {
          const after = change(models);
          return hasAny(after) ? { ...rest, models: after } : rest;
        },
        audited(deps.audit, invocation),
      );
      yield {
        markdown: [
          t`Saved. It applies immediately. Conversations keep their pinned model; if it is no longer allowed, the
            answer says so.`,
          ...ruleLines(deps, workspace),
          ...unusedGlobs(deps, rule === "allow" || rule === "deny" ? globsIn(value ?? "") : []),
        ].join("\n"),
      };
    },
  });

/** What a call makes of the rules. @throws {UserError} saying what the rule takes */
function changeOf(rule: Rule, value: string | undefined): (before: ModelRules) => ModelRules {
  if (rule === "reset") return () => ({});
  const typed = value?.trim().toLowerCase();
  if (typed === undefined) throw new UserError(t`${code(rule)} needs a value: ${TAKES[rule]}. Nothing was changed.`);
  if (typed === "off") return (before) => without(before, FIELDS[rule]);
  if (rule === "allow" || rule === "deny") {
    const globs = globsIn(value ?? "");
    return (before) => ({ ...before, [rule]: globs });
  }
  if (rule === "max-price" && PRICE.test(typed)) return (before) => ({ ...before, maxPrice: Number(typed) });
  if (rule === "unknown-price" && (typed === "pass" || typed === "block"))
    return (before) => ({ ...before, unknownPrice: typed });
  throw new UserError(t`${code(rule)} takes ${TAKES[rule]}, not ${code(typed)}. Nothing was changed.`);
}

const FIELDS: Readonly<Record<Exclude<Rule, "reset">, keyof ModelRules>> = {
  allow: "allow",
  deny: "deny",
  "max-price": "maxPrice",
  "unknown-price": "unknownPrice",
};
const GLOBS = phrase`patterns for provider/model separated by commas, like \`anthropic/*, openai/gpt-5*\`, or \`off\``;
const TAKES: Readonly<Record<Exclude<Rule, "reset">, Phrase>> = {
  allow: GLOBS,
  deny: GLOBS,
  "max-price": phrase`USD per million output tokens, like \`15\` or \`2.50\`, or \`off\``,
  "unknown-price": phrase`\`pass\`, \`block\` or \`off\``,
};

const hasAny = (rules: ModelRules) => Object.values(rules).some((value) => value !== undefined);
const without = (rules: ModelRules, field: keyof ModelRules): ModelRules =>
  Object.fromEntries(Object.entries(rules).filter(([name]) => name !== field));

/** @throws {UserError} where there are none or too many */
function globsIn(typed: string): readonly string[] {
  const globs = [...new Set(typed.split(/[\s,]+/).filter((glob) => glob !== ""))];
  if (globs.length === 0) throw new UserError(t`Give ${GLOBS}. Nothing was changed.`);
  if (globs.length > MAX_GLOBS)
    throw new UserError(t`At most ${MAX_GLOBS} patterns are allowed, not ${globs.length}. Nothing was changed.`);
  const long = globs.find((glob) => glob.length > MAX_GLOB_CHARS);
  if (long !== undefined) throw new UserError(t`The pattern ${code(long)} is too long. Nothing was changed.`);
  return globs;
}

function unusedGlobs({ refresher }: CommandDeps, globs: readonly string[]): readonly string[] {
  const names = [...refresher.snapshot().providers].flatMap(([provider, { models }]) =>
    models.map(({ id }) => modelName({ provider, model: id })),
  );
  const unused = globs.filter((glob) => !names.some((name) => fitsGlob(glob, name)));
  if (unused.length === 0) return [];
  return [t`⚠️ No listed model matches ${globWords(unused)} (patterns match ${code("provider/model")}).`];
}

/** The rules in force for a workspace, in words, and how many models they leave. */
export function ruleLines({ allowed, refresher }: CommandDeps, workspace: string): readonly string[] {
  const rules = allowed.rulesOf(workspace);
  const parts = [
    ...rulesWords(rules.workspace, t`this workspace`),
    ...rulesWords(rules.host, t`the host, for all workspaces`),
  ];
  if (!allowed.hasRules(workspace)) return [t`Models that may be used: **all** (the default)`];
  const count = (snapshot: ReturnType<typeof refresher.snapshot>) =>
    [...snapshot.providers.values()].reduce((sum, { models }) => sum + models.filter(({ isChat }) => isChat).length, 0);
  const [left, all] = [count(allowed.snapshot(workspace)), count(refresher.snapshot())];
  return [
    t`Models that may be used: **${left} of ${plural(all, "listed chat model")}**`,
    ...parts.map((part) => `- ${part}`),
    ...(left === 0 && all > 0 ? [t`⚠️ These rules leave no listed model, so no question can be answered.`] : []),
  ];
}

function rulesWords({ allow = [], deny = [], maxPrice, unknownPrice }: ModelRules, who: string): readonly string[] {
  const priced = maxPrice !== undefined;
  return [
    ...(allow.length > 0 ? [t`allow ${globWords(allow)} (${who})`] : []),
    ...(deny.length > 0 ? [t`deny ${globWords(deny)} (${who})`] : []),
    ...(priced ? [t`at most ${maxPrice} USD per million output tokens (${who})`] : []),
    ...(unknownPrice === "block" ? [t`models of unknown price are left out (${who})`] : []),
    ...(priced && unknownPrice !== "block" ? [t`models of unknown price are allowed (${who})`] : []),
  ];
}
