import { budgetRow } from "../../../commands/wording/budget-text.js";
import { affectedLine, offerControl } from "../../../commands/wording/pin-outlook.js";
import { quotaRow } from "../../../commands/wording/quota-text.js";
import type { QuotaState } from "../../../quota/quota.js";
import { modelRowsOf } from "../../../refresh/catalog/catalog-entry.js";
import type { ModelRef } from "../../../refresh/choose/model-ref.js";
import { indicatorLine, outcomeHint } from "../../../refresh/refresh-texts.js";
import type { Refresher } from "../../../refresh/refresher.js";
import type { Settings } from "../../../refresh/settings.js";
import type { BudgetState } from "../../../usage/budgets/budgets.js";
import type { FindModelFacts } from "../../../usage/model-facts.js";
import type { BotActivity } from "../../observe/recent.js";
import type { ChatPlatform } from "../../port/platform.js";
import { type PlatformParts, sharesLine } from "../../port/platform-definition.js";
import type { PinCensus } from "../../status/pin-census.js";

export interface ConsoleFacts {
  readonly refresher: () => Refresher;
  readonly settings: Settings;
  readonly activity: BotActivity;
  readonly platforms: () => readonly ChatPlatform[];
  readonly surfaces: readonly Pick<PlatformParts, "platform" | "shares">[];
  /** Questions that are answered or wait. */
  readonly load: () => number;
  /** Scheme of the store's address: "sqlite". */
  readonly storeKind: string;
  /** What is damaged in it. */
  readonly storeWarnings: () => readonly string[];
  /** The quotas of all accounts, the worst first. */
  readonly quotas: () => readonly QuotaState[];
  /** The budgets that are nearly used up, the nearest first. */
  readonly budgets: () => readonly BudgetState[];
  /** Which channels are pinned to models that are gone or retire. */
  readonly pins: Pick<PinCensus, "affectedPins" | "affectedWorkspaces">;
  /** Whose settings are shown and changed. */
  readonly workspace: string;
  /** The model of a new conversation. */
  defaultModel(workspace: string): ModelRef | undefined;
  /** Windows and prices, also of models whose list does not tell. */
  readonly modelFacts: FindModelFacts;
}

/** Everything but lists and charts; of other platforms counts only. */
export function consoleState(facts: ConsoleFacts, times: { readonly now: number; readonly startedAt: number }) {
  const { refresher, activity } = facts;
  const refresh = refresher().status();
  return {
    ...times,
    openTurns: facts.load(),
    platforms: facts.platforms().map((platform) => ({
      name: platform.name,
      fault: platform.fault() ?? null,
      workspaces: platform.workspaces().length,
      shares: sharesOf(facts, platform.name),
      ...activity.countsOf(platform.name),
    })),
    store: { kind: facts.storeKind, warnings: facts.storeWarnings(), ...activity.storeHealth() },
    refresh: {
      ...refresh,
      line: indicatorLine(refresh),
      providers: refresh.providers.map((provider) => ({ ...provider, fix: outcomeHint(provider) ?? null })),
    },
    quotas: [
      ...facts.quotas().map((state) => quotaRow(state, times.now)),
      ...facts
        .budgets()
        .slice(0, MAX_BUDGETS)
        .map((state) => budgetRow(state, times.now)),
    ],
    settings: settingsView(facts, facts.workspace),
    affectedPins: affectedView(facts),
  };
}

/** `/usage budget` shows more, in their workspaces. */
const MAX_BUDGETS = 20;
/** More are looked up by `/models status` in their workspaces. */
const MAX_AFFECTED = 50;

/** Where channels are pinned to models that are gone or retire, and what an operator can offer them. */
const affectedView = ({ pins }: ConsoleFacts) =>
  pins
    .affectedWorkspaces()
    .flatMap((workspace) =>
      pins
        .affectedPins(workspace)
        .map((each) => ({ workspace, line: affectedLine(each), offer: offerControl(each) ?? null })),
    )
    .slice(0, MAX_AFFECTED);

function sharesOf({ surfaces }: ConsoleFacts, name: string): string | null {
  const shares = surfaces.find(({ platform }) => platform.name === name)?.shares?.();
  return shares === undefined || (shares.count <= 1 && shares.replicas.length <= 1) ? null : sharesLine(shares);
}

/** The settings that are in force in a workspace; from memory. */
export function settingsView({ settings, defaultModel }: ConsoleFacts, workspace: string) {
  const { isEnabled, enabledBy, interval, intervalBy } = settings.inForce(workspace);
  const { model, switching } = settings.of(workspace);
  const choice = defaultModel(workspace);
  return {
    workspace,
    autoRefresh: {
      enabled: isEnabled,
      enabledBy,
      interval: interval.kind === "smart" ? "smart" : interval.ms / 60_000,
      intervalBy,
    },
    model: { chosen: model ?? null, inForce: choice === undefined ? null : `${choice.provider}/${choice.model}` },
    switching: switching ?? "anyone",
  };
}

/** Most workspaces that are shown. */
const MAX_WORKSPACES = 500;

/** All workspaces that the bot is in, or that have set something, with what is in force there. */
export function workspacesView(facts: ConsoleFacts) {
  const names = new Set([
    facts.workspace,
    ...facts.platforms().flatMap((platform) => platform.workspaces()),
    ...facts.settings.workspaces(),
  ]);
  const workspaces = [...names].slice(0, MAX_WORKSPACES).map((workspace) => settingsView(facts, workspace));
  return { workspaces, total: names.size };
}

/** Every chat model with what is known of it, and how each list has changed lately. */
export function catalogueView(refresher: Refresher, modelFacts: FindModelFacts) {
  const models = [...refresher.snapshot().providers].flatMap(([provider, entry]) =>
    modelRowsOf(entry)
      .filter(({ model }) => model.isChat)
      .map(({ model, state }) => {
        const { contextTokens, inputPrice, outputPrice } = modelFacts(provider, model.id, model);
        return {
          provider,
          id: model.id,
          name: model.name ?? model.id,
          state,
          contextTokens: contextTokens ?? null,
          inputPrice: inputPrice ?? null,
          outputPrice: outputPrice ?? null,
          releasedAt: model.releasedAt ?? null,
        };
      }),
  );
  const changes = [...refresher.changes()].flatMap(([provider, { days }]) => days.map((day) => ({ provider, ...day })));
  return { models, changes: changes.sort((a, b) => (a.day < b.day ? 1 : -1)) };
}
