import { createRecentImages } from "../../src/bot/prompt/recent-images.js";
import { createAnswerControls } from "../../src/bot/turn/answer-controls.js";
import type { ChatDeps } from "../../src/bot/turn/turn-deps.js";
import { createQuota } from "../../src/quota/quota.js";
import { createAllowedModels } from "../../src/refresh/choose/allowed-models.js";
import { createSettings } from "../../src/refresh/settings.js";
import { createSessions } from "../../src/store/sessions/sessions.js";
import { createBudgets } from "../../src/usage/budgets/budgets.js";
import { createCircuitBreaker } from "../../src/usage/circuit-breaker.js";
import { createLedger } from "../../src/usage/ledger.js";
import { createModelFacts } from "../../src/usage/model-facts.js";
import { createProviderSlots } from "../../src/usage/provider-slots.js";
import { createMessageLimits, createQuestionLimits } from "../../src/usage/question-limits.js";
import { createVotes } from "../../src/usage/votes.js";
import type { FakeClock } from "./fake-clock.js";
import { fakeRefresher } from "./fake-refresher.js";
import type { MemoryStore } from "./memory-store.js";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

export const HOST_CHAT: ChatDeps["chat"] = {
  defaultModel: undefined,
  systemPrompt: "Be kind.",
  historyTokens: 16_000,
  historyMessages: 50,
  retentionDays: 90,
  auditDays: 365,
  timeoutMs: 60_000,
  catchUpMs: 900_000,
};

/** What could be put off is written at once. */
export const deferNothing: ChatDeps["defer"] = (_table, write) => void write();

/** A chat's parts over one store, without a provider, but for what a test gives it. */
export function chatDeps({
  clock,
  store,
  ...given
}: { readonly clock: FakeClock; readonly store: MemoryStore } & Partial<ChatDeps>): ChatDeps {
  const log = given.log ?? SILENT;
  const hasPeers = given.hasPeers ?? (() => false);
  const defer = given.defer ?? deferNothing;
  const refresher = given.refresher ?? fakeRefresher();
  const settings = given.settings ?? createSettings({ store, log, host: { isEnabled: true, intervalMs: 300_000 } });
  const modelFacts = given.modelFacts ?? createModelFacts();
  const allowed = createAllowedModels({
    refresher,
    settings: { of: settings.of, workspaces: () => [] },
    modelFacts,
    host: {},
  });
  const readable = createLedger({ store, clock });
  const ledger = given.ledger ?? readable;
  const providers = given.providers ?? new Map();
  const quota = createQuota({
    ...{ store, ledger: readable, clock, log, budgets: [], timeoutMs: 10_000, hasPeers },
    setups: [...providers.keys()].map((id) => ({ id, baseUrl: `https://${id}.example`, key: "key" })),
    fetch: () => Promise.reject(new Error("no endpoints here")),
  });
  const budgets = createBudgets({ store, ledger: readable, settings, host: [], clock });
  return {
    budgets,
    clock,
    store,
    sessions: createSessions({ store, now: clock.now }),
    settings,
    allowed,
    refresher,
    providers,
    setups: [],
    defaultModel: () => undefined,
    surfaces: [],
    owner: "host/1/first",
    hasPeers,
    findPeers: async () => hasPeers(),
    defer,
    limits: createMessageLimits({ userPer10Min: 0, channelPer10Min: 0 }, clock),
    questionLimits: createQuestionLimits({
      ...{ store, clock, defer, hasPeers },
      terms: { userPer10Min: 0, channelPer10Min: 0 },
    }),
    slots: createProviderSlots(2),
    breaker: createCircuitBreaker(clock),
    ledger,
    votes: createVotes({ store, clock }),
    quota,
    modelFacts,
    images: createRecentImages(),
    controls: createAnswerControls({ snapshot: allowed.snapshot, setups: [] }),
    chat: HOST_CHAT,
    log,
    newReference: () => "ref",
    onTurn() {},
    ...given,
  };
}
