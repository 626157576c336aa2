import { either, fitsGlob } from "../../base/text.js";
import { t } from "../../languages/translate.js";
import type { ModelRules } from "../settings.js";

/** What rules judge: "provider/model" and USD per million output tokens, unset where that is unknown. */
export interface JudgedModel {
  readonly name: string;
  readonly outputPrice?: number | undefined;
}

export interface RulesInForce {
  readonly host: ModelRules;
  readonly workspace: ModelRules;
}

/** Whether a model may be used; `rule` says why not, as the end of a sentence that begins with the model. */
export type Verdict =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly by: keyof RulesInForce; readonly rule: string };

const ALLOWED: Verdict = { isAllowed: true };

/** Judges a model: both the host's and the workspace's rules bind, and deny wins over allow. */
export function verdict(model: JudgedModel, rules: RulesInForce): Verdict {
  for (const by of ["host", "workspace"] as const) {
    const rule = brokenRule(model, rules[by], by === "host" ? t`the bot's host` : t`this workspace`);
    if (rule !== undefined) return { isAllowed: false, by, rule };
  }
  return ALLOWED;
}

/** Whether rules need to know what models cost. */
export const asksPrice = ({ host, workspace }: RulesInForce): boolean =>
  [host, workspace].some(({ maxPrice, unknownPrice }) => maxPrice !== undefined || unknownPrice === "block");

export const hasRules = (rules: ModelRules): boolean =>
  (rules.allow?.length ?? 0) > 0 ||
  (rules.deny?.length ?? 0) > 0 ||
  rules.maxPrice !== undefined ||
  rules.unknownPrice === "block";

function brokenRule(
  { name, outputPrice }: JudgedModel,
  { allow = [], deny = [], maxPrice, unknownPrice }: ModelRules,
  who: string,
): string | undefined {
  const denied = deny.find((pattern) => fitsGlob(pattern, name));
  if (denied !== undefined) return t`is ruled out by ${who}: deny ${globWords([denied])}`;
  if (allow.length > 0 && !allow.some((pattern) => fitsGlob(pattern, name)))
    return t`is not among the models that ${who} allows: ${globWords(allow)}`;
  if (outputPrice === undefined) {
    return unknownPrice === "block" ? t`has no known price, and ${who} allows only models that have one` : undefined;
  }
  if (maxPrice === undefined || outputPrice <= maxPrice) return undefined;
  return t`costs ${outputPrice} USD per million output tokens, and ${who} allows at most ${maxPrice}`;
}

const MAX_NAMED_GLOBS = 8;

/** "`anthropic/*` or `openai/gpt-5*`", and how many more there are. */
export function globWords(globs: readonly string[]): string {
  const named = globs.slice(0, MAX_NAMED_GLOBS).map((glob) => `\`${glob.replaceAll("`", "'")}\``);
  const more = globs.length - named.length;
  return more > 0 ? t`${named.join(", ")} or ${more} more` : either(named);
}
