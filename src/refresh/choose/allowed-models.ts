import { createSerial } from "../../base/serial.js";
import { either, fitsGlob } from "../../base/text.js";
import { t } from "../../languages/translate.js";
import type { ModelInfo } from "../../providers/provider.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import type { Snapshot } from "../catalog/catalog-entry.js";
import type { ModelRules, Settings } from "../settings.js";
import { indexAhead } from "./model-index.js";
import { listedRow, type ModelRef, modelName } from "./model-ref.js";

/** Which models a workspace may use. */
export interface AllowedModels {
  /** The lists without the models that are ruled out there; the same object until they or the rules change. */
  snapshot(workspace: string): Snapshot;
  /** Judges a model, listed or not. */
  judge(workspace: string, model: ModelRef): Verdict;
  rulesOf(workspace: string): RulesInForce;
  /** Whether anything is ruled out there, by whomever. */
  hasRules(workspace: string): boolean;
}

export interface AllowedModelsDeps {
  readonly refresher: { snapshot(): Snapshot; onChange(listener: () => void): () => void };
  readonly settings: Pick<Settings, "of" | "workspaces">;
  readonly modelFacts: FindModelFacts;
  /** Rules of the host, which bind every workspace. */
  readonly host: ModelRules;
}

export function createAllowedModels({ refresher, settings, modelFacts, host }: AllowedModelsDeps): AllowedModels {
  const rulesOf = (workspace: string) => ({ host, workspace: settings.of(workspace).models ?? {} });
  const isRuled = (workspace: string) => Object.values(rulesOf(workspace)).some(hasRules);
  /** What stays of a list and of a snapshot, by the rules: workspaces with the same ones share it. */
  const lists = new WeakMap<readonly ModelInfo[], Map<string, readonly ModelInfo[]>>();
  const snapshots = new WeakMap<Snapshot, Map<string, Snapshot>>();

  const judgeWith = (rules: RulesInForce, { provider, model }: ModelRef, row: ModelInfo | undefined): Verdict => {
    const outputPrice = asksPrice(rules) ? modelFacts(provider, model, row).outputPrice : undefined;
    return verdict({ name: modelName({ provider, model }), outputPrice }, rules);
  };
  const isAllowed = (rules: RulesInForce, provider: string) => (row: ModelInfo) =>
    judgeWith(rules, { provider, model: row.id }, row).isAllowed;

  const filtered = (snapshot: Snapshot, rules: RulesInForce, key: string): Snapshot => ({
    ...snapshot,
    providers: new Map(
      [...snapshot.providers].map(([provider, entry]) => {
        const fits = isAllowed(rules, provider);
        const models = memo(lists, entry.models, `${provider} ${key}`, () => entry.models.filter(fits));
        const missing = entry.missing?.filter(({ model }) => fits(model));
        return [provider, { ...entry, models, ...(missing !== undefined && { missing }) }];
      }),
    ),
  });
  const snapshotOf = (workspace: string): Snapshot => {
    const whole = refresher.snapshot();
    if (!isRuled(workspace)) return whole;
    const rules = rulesOf(workspace);
    const key = JSON.stringify(rules.workspace);
    return memo(snapshots, whole, key, () => filtered(whole, rules, key));
  };

  /** Filters and indexes changed lists before somebody searches them. */
  const serial = createSerial();
  refresher.onChange(() => {
    const ruled = settings.workspaces().filter((workspace) => hasRules(rulesOf(workspace).workspace));
    const all = hasRules(host) ? ["", ...ruled] : ruled;
    if (all.length === 0) return;
    void serial("", async () => {
      for (const each of new Set(all.map(snapshotOf))) await indexAhead(each);
    });
  });

  return {
    rulesOf,
    hasRules: isRuled,
    snapshot: snapshotOf,
    judge: (workspace, ref) =>
      isRuled(workspace) ? judgeWith(rulesOf(workspace), ref, listedRow(refresher.snapshot(), ref)) : ALLOWED,
  };
}

function memo<K extends object, V>(known: WeakMap<K, Map<string, V>>, of: K, key: string, make: () => V): V {
  const byKey = known.get(of) ?? new Map<string, V>();
  known.set(of, byKey);
  const found = byKey.get(key) ?? make();
  byKey.set(key, found);
  return found;
}

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
