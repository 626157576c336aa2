import type { Log } from "../../src/base/log.js";
import { type Chat, createChat } from "../../src/bot/turn/chat.js";
import type { ChatDeps, TurnEvent } from "../../src/bot/turn/turn-deps.js";
import type { Invocation } from "../../src/commands/command.js";
import { createLanguages } from "../../src/languages/languages.js";
import type { ModelRef } from "../../src/refresh/choose/model-ref.js";
import { createSettings, type Settings } from "../../src/refresh/settings.js";
import { createSessions } from "../../src/store/sessions/sessions.js";
import type { HostBudget } from "../../src/usage/budgets/budget.js";
import { type Budgets, createBudgets } from "../../src/usage/budgets/budgets.js";
import { createLedger, type Ledger } from "../../src/usage/ledger.js";
import { createMessageLimits, createQuestionLimits } from "../../src/usage/question-limits.js";
import { chatDeps, deferNothing } from "../support/chat-deps.js";
import { type FakeClock, fakeClock, settle } from "../support/fake-clock.js";
import { type FakePlatform, fakePlatform, surfacesOf } from "../support/fake-platform.js";
import { type MemoryStore, memoryStore } from "../support/memory-store.js";
import { type ScriptedProvider, scriptedProvider } from "../support/scripted-provider.js";
import { slowStore } from "../support/slow-store.js";

export const CONVERSATION = "fake:home:general";
/** Whoever asked before has ended. */
/** A command in that conversation, as this person makes it. */
export const by = (id: string, more: Partial<Invocation> = {}): Invocation => ({
  platform: "fake",
  workspace: "fake:home",
  conversation: CONVERSATION,
  user: { id, name: id },
  isOperator: false,
  isDirect: false,
  isGuest: false,
  isInGroup: async () => false,
  canShowFiles: false,
  ...more,
});

export const ENDED = { isGone: async (owner: string) => owner !== "host/2/next" };

export interface World {
  readonly ledger: Ledger;
  readonly budgets: Budgets;
  readonly modelFacts: ChatDeps["modelFacts"];
  readonly refresher: ChatDeps["refresher"];
  readonly settings: Settings;
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly platform: FakePlatform;
  readonly chat: Chat;
  readonly sessions: ReturnType<typeof createSessions>;
  readonly openai: ScriptedProvider;
  readonly anthropic: ScriptedProvider;
  readonly turns: TurnEvent[];
  onTurn(event: TurnEvent): void;
  readonly logged: { level: string; fields: Record<string, unknown> }[];
  setDefault(model: ModelRef | undefined): void;
  ask(text: string, where?: Parameters<FakePlatform["mention"]>[1]): Promise<void>;
  /** The texts of the bot's messages, oldest first. */
  texts(): string[];
}

const LIMITS = { userPer10Min: 20, channelPer10Min: 60 };

type Given = Pick<
  Partial<ChatDeps>,
  | "chat"
  | "defer"
  | "findPeers"
  | "hasPeers"
  | "modelFacts"
  | "owner"
  | "questionLimits"
  | "quota"
  | "refresher"
  | "setups"
> & {
  readonly roundTripMs?: number;
  readonly hostBudgets?: readonly HostBudget[];
};

export function world(before?: World, { roundTripMs, hostBudgets = [], ...given }: Given = {}): World {
  const clock = before?.clock ?? fakeClock();
  const stored = before?.store ?? memoryStore(clock.now);
  const store = roundTripMs === undefined ? stored : slowStore(stored, clock, roundTripMs);
  const platform = before?.platform ?? fakePlatform();
  const sessions = createSessions({ store, now: clock.now });
  const openai = scriptedProvider("openai");
  const anthropic = scriptedProvider("anthropic");
  const turns: TurnEvent[] = [];
  const onTurn = (event: TurnEvent) => void turns.push(event);
  const logged: World["logged"] = [];
  const note = (level: string) => (fields: unknown) =>
    void logged.push({ level, fields: fields as Record<string, unknown> });
  const log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") } as unknown as Log;
  let model: ModelRef | undefined = { provider: "openai", model: "m1" };
  let references = 0;
  const settings = createSettings({
    store,
    log,
    languages: createLanguages(),
    host: { isEnabled: true, intervalMs: 300_000 },
  });
  const ledger = createLedger({ store, clock });
  const budgets = createBudgets({ store, ledger, settings, host: hostBudgets, clock });
  const { hasPeers = () => false } = given;
  const deps = chatDeps({
    ledger,
    budgets,
    clock,
    store,
    settings,
    sessions,
    providers: new Map([openai, anthropic].map((provider) => [provider.id, provider])),
    defaultModel: () => model,
    surfaces: surfacesOf(platform),
    owner: before === undefined ? "host/1/first" : "host/2/next",
    limits: createMessageLimits(LIMITS, clock),
    questionLimits: createQuestionLimits({ ...{ store, clock, hasPeers }, terms: LIMITS, defer: deferNothing }),
    log,
    newReference: () => `ref${++references}`,
    onTurn,
    ...given,
  });
  const chat = createChat(deps);
  return {
    ledger,
    budgets,
    modelFacts: deps.modelFacts,
    refresher: deps.refresher,
    settings,
    clock,
    store,
    platform,
    chat,
    sessions,
    openai,
    anthropic,
    turns,
    onTurn,
    logged,
    setDefault: (next) => {
      model = next;
    },
    async ask(text, where) {
      await chat.onMention(platform, platform.mention(text, where));
      await settle();
    },
    texts: () => platform.answers.map(({ text }) => text),
  };
}

/** A world in which one question was asked and its stream is open. */
export async function asked(text = "hello", given: Given = {}) {
  const it = world(undefined, given);
  await it.ask(text, { message: "q1" });
  const stream = it.openai.streams[0];
  if (stream === undefined) throw new Error("nothing was asked");
  return { ...it, stream };
}
