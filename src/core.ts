import { randomBytes } from "node:crypto";
import type { Clock } from "./base/clock.js";
import type { Config } from "./base/config/config.js";
import type { Log } from "./base/log.js";
import { createAccess } from "./bot/access/access.js";
import { createObservers, observedStore } from "./bot/observe/observers.js";
import type { ChatPlatform } from "./bot/port/platform.js";
import type { PlatformParts, PlatformSetup } from "./bot/port/platform-definition.js";
import { createPinCensus } from "./bot/status/pin-census.js";
import { createLiveness } from "./bot/turn/other-replicas.js";
import type { Invocation } from "./commands/command.js";
import { createLanguages } from "./languages/languages.js";
import { loadProviders } from "./providers/load-providers.js";
import type { ProviderSetup } from "./providers/provider-definition.js";
import { createQuota } from "./quota/quota.js";
import { createAllowedModels } from "./refresh/choose/allowed-models.js";
import { modelInForce } from "./refresh/choose/model-in-force.js";
import { createRefresher } from "./refresh/engine/create-refresher.js";
import { providerWarnings } from "./refresh/refresh-texts.js";
import { createSettings } from "./refresh/settings.js";
import { createWatchRows } from "./refresh/watch/watch-rows.js";
import { createAudit } from "./store/audit.js";
import { createDamageReport, reportingStore } from "./store/damage-report.js";
import { deferWrites } from "./store/deferred-writes.js";
import { processOwner } from "./store/process-owner.js";
import { createSessions } from "./store/sessions/sessions.js";
import type { Store } from "./store/store.js";
import { createStoreReadiness } from "./store/store-readiness.js";
import { createBudgets } from "./usage/budgets/budgets.js";
import { createLedger, KEPT_DAYS } from "./usage/ledger.js";
import { createModelFacts } from "./usage/model-facts.js";
import { createQuestionLimits } from "./usage/question-limits.js";
import { createVotes } from "./usage/votes.js";

export interface CoreDeps {
  readonly config: Config<ProviderSetup, PlatformSetup>;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof fetch;
}

/** What everything else stands on. `surfaces` and `platforms` are filled by `openPlatforms`. */
export async function createCore(deps: CoreDeps) {
  const { config, clock, log, fetch } = deps;
  const observers = createObservers();
  const damage = createDamageReport(log);
  const { store, defer } = deferWrites(observedStore(reportingStore(deps.store, damage), observers), log);
  const surfaces: PlatformParts[] = [];
  const platforms: ChatPlatform[] = [];
  const languages = createLanguages();
  const settings = createSettings({ store, log, languages, host: config.refresh });
  const access = createAccess(config.access, { surfaces, clock, log });
  const providers = await loadProviders(config.providers, deps);
  const refresher = createRefresher({
    providers,
    store,
    settings,
    workspaces: () => access.countedWorkspaces(platforms, settings.workspaces()),
    clock,
    log,
    refresh: config.refresh,
    onOutcome: observers.onRefresh,
  });
  const modelFacts = createModelFacts();
  const allowed = createAllowedModels({ refresher, settings, modelFacts, host: config.models });
  const watches = createWatchRows(store);
  const pinCensus = createPinCensus({ store, refresher, allowed, modelFacts, clock, log });
  const owner = processOwner();
  const health = createStoreReadiness({ store: deps.store, clock, log, owner });
  observers.add(health);
  const { defaultModel, retentionDays, auditDays } = config.chat;
  const host = { defaultModel, retentionDays, limits: config.limits, usageDays: KEPT_DAYS, auditDays };
  const ledger = createLedger({ store, clock });
  const votes = createVotes({ store, clock });
  const audit = createAudit({ store, now: clock.now });
  const budgets = createBudgets({ store, ledger, settings, host: config.budgets, clock });
  const liveness = createLiveness({ store, clock, log, owner });
  const questionLimits = createQuestionLimits({ terms: config.limits, store, clock, defer, ...liveness });
  const quota = createQuota({
    ...{ setups: config.providers, budgets: config.providerBudgets, ledger, store, fetch, clock, log },
    ...{ timeoutMs: config.refresh.timeoutMs, hasPeers: liveness.hasPeers },
  });
  observers.add({ onRefresh: ({ provider }) => void quota.readEndpoints(provider) });
  return {
    ...{ config, clock, log, fetch, observers, store, surfaces, platforms, settings, access, refresher, owner, host },
    ...{ health, damage, modelFacts, allowed, watches, pinCensus, liveness, ledger, votes, audit, quota },
    ...{ questionLimits, budgets, languages, defer, hasPeers: liveness.hasPeers, findPeers: liveness.findPeers },
    providers: new Map(providers.map(({ id, provider }) => [id, provider])),
    affectedPins: pinCensus.affectedPins,
    setups: config.providers,
    sessions: createSessions({ store, now: clock.now }),
    defaultModel: (workspace: string) =>
      modelInForce({ settings, refresher, allowed, setups: config.providers, host }, workspace),
    faults: () => [health.fault() ?? [], ...platforms.map((platform) => platform.fault() ?? [])].flat(),
    warnings: () =>
      [damage.warnings(), providerWarnings(refresher.status()), surfaces.map((one) => one.warnings?.() ?? [])].flat(2),
    isHostOperator: ({ platform, user }: Pick<Invocation, "platform" | "user">) =>
      platforms.some(({ name, limits }) => name === platform && limits.isLocal === true) ||
      access.isNamedOperator(platform, user),
    newReference: () => randomBytes(4).toString("hex"),
  };
}
export type Core = Awaited<ReturnType<typeof createCore>>;
