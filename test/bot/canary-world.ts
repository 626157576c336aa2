import type { ChannelKey } from "../../src/bot/port/platform.js";
import { type Chat, createChat } from "../../src/bot/turn/chat.js";
import { recover } from "../../src/bot/turn/recover/recover.js";
import type { ChatDeps } from "../../src/bot/turn/turn-deps.js";
import { type ChatRequest, type Provider, ProviderError } from "../../src/providers/provider.js";
import { createSessions, type Sessions } from "../../src/store/sessions/sessions.js";
import { createProviderSlots } from "../../src/usage/provider-slots.js";
import { createMessageLimits } from "../../src/usage/question-limits.js";
import { chatDeps } from "../support/chat-deps.js";
import { type FakeClock, fakeClock, settle } from "../support/fake-clock.js";
import { type FakePlatform, fakePlatform, surfacesOf } from "../support/fake-platform.js";
import { type MemoryStore, memoryStore } from "../support/memory-store.js";

/** Words that are said once, and where they may be read. */
export interface Canaries {
  /** A new word of this conversation. */
  hatch(conversation: string): string;
  /** The word may be read there as well. */
  share(word: string, conversation: string): void;
  /** What was said so far must not be sent from there again. */
  retire(conversation: string): void;
  /** Words in a text. */
  in(text: string): readonly string[];
  /** Words of a text that may not be sent from there. */
  notForPrompt(text: string, conversation: string): readonly string[];
  /** Words of a text that were never said there. */
  strangers(text: string, conversation: string): readonly string[];
  /** Where it was said, or is asked again from now on. */
  ownerOf(word: string): string | undefined;
  /** From now on the question with this word is asked there. */
  move(word: string, conversation: string): void;
}

export function canaries(): Canaries {
  const owners = new Map<string, string>();
  const said = new Map<string, Set<string>>();
  const sent = new Map<string, Set<string>>();
  const of = (all: Map<string, Set<string>>, conversation: string) => {
    const known = all.get(conversation) ?? new Set();
    all.set(conversation, known);
    return known;
  };
  const find = (text: string) => [...text.matchAll(/canary\d+x/g)].map(([word]) => word);
  const share = (word: string, conversation: string) => {
    of(said, conversation).add(word);
    of(sent, conversation).add(word);
  };
  return {
    hatch(conversation) {
      const word = `canary${owners.size + 1}x`;
      owners.set(word, conversation);
      share(word, conversation);
      return word;
    },
    share,
    retire: (conversation) => void sent.delete(conversation),
    in: find,
    notForPrompt: (text, conversation) => find(text).filter((word) => !of(sent, conversation).has(word)),
    strangers: (text, conversation) => find(text).filter((word) => !of(said, conversation).has(word)),
    ownerOf: (word) => owners.get(word),
    move: (word, conversation) => void owners.set(word, conversation),
  };
}

/** Numbers that look random and are the same for the same seed: a linear congruential generator (Numerical Recipes). */
export function dice(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    below: (count: number) => Math.floor(next() * count),
    chance: (share: number) => next() < share,
    pick: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T,
  };
}
export type Dice = ReturnType<typeof dice>;

/** Answers with new words of the conversation that it is asked in; sometimes late, sometimes in vain. */
export function parrot(
  id: string,
  {
    clock,
    words,
    roll,
    onRequest,
  }: {
    readonly clock: FakeClock;
    readonly words: Canaries;
    readonly roll: Dice;
    onRequest(request: ChatRequest, conversation: string): void;
  },
): Provider {
  return {
    id,
    listModels: async () => [{ id: "m1", isChat: true }],
    async *streamChat(request, signal) {
      const asked = words.in(request.messages.at(-1)?.content ?? "").at(-1) ?? "";
      const conversation = words.ownerOf(asked) ?? "nowhere";
      onRequest(request, conversation);
      await clock.sleep(roll.below(2_000), signal);
      if (roll.chance(0.1)) throw new ProviderError(id, "overloaded", "busy");
      yield { type: "text-delta", text: `I heard ${asked} and say ` };
      await clock.sleep(roll.below(1_000), signal);
      if (roll.chance(0.05)) throw new ProviderError(id, "cut-off", "the stream ended early");
      yield { type: "text-delta", text: words.hatch(conversation) };
      yield { type: "finish", reason: "stop", usage: { inputTokens: 1, outputTokens: 1 } };
    },
  };
}

export interface Replica {
  readonly owner: string;
  readonly chat: Chat;
  readonly sessions: Sessions;
  /** Nothing that it does reaches anything any more, as after kill -9. */
  kill(): void;
  /** Ends what dead ones left. */
  recover(): Promise<number>;
}

export interface CanaryWorld {
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly platforms: readonly FakePlatform[];
  start(): Replica;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as ChatDeps["log"];

/** Replicas of the bot's chat on one store and the same platforms. */
export function canaryWorld(deps: { readonly providers: (clock: FakeClock) => readonly Provider[] }): CanaryWorld {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  let threads = 0;
  const platforms = ["alpha", "beta"].map((name) => {
    const platform = fakePlatform(name);
    platform.openThread = async (at) => {
      const { platform: on, workspace, channel }: ChannelKey = at;
      return { place: { platform: on, workspace, channel, thread: `t${++threads}` }, link: "a thread" };
    };
    return platform;
  });
  const providers = deps.providers(clock);
  const dead = new Set<string>();
  let started = 0;

  return {
    clock,
    store,
    platforms,
    start() {
      const owner = `host/${++started}/process`;
      const alive = <T extends object>(part: T) => mortal(part, () => dead.has(owner));
      const own = alive(store.another());
      const shown = platforms.map(alive);
      const sessions = createSessions({ store: own, now: clock.now });
      const given = chatDeps({
        clock,
        store: own,
        sessions,
        providers: new Map(providers.map((provider) => [provider.id, alive(provider)])),
        defaultModel: (workspace) => ({ provider: workspace.endsWith("1") ? "one" : "two", model: "m1" }),
        surfaces: surfacesOf(...shown),
        owner,
        hasPeers: () => true,
        limits: createMessageLimits({ userPer10Min: 0, channelPer10Min: 0 }, clock),
        slots: createProviderSlots(16),
        log: SILENT,
      });
      const chat = createChat(given);
      return {
        owner,
        chat,
        sessions,
        kill: () => void dead.add(owner),
        recover: () => {
          const liveness = { isGone: async (other: string) => dead.has(other) };
          return recover({ ...given, chat, liveness, behind: (_message, take) => take(), retake: async () => {} });
        },
      };
    },
  };
}

async function* silence(): AsyncGenerator<never> {
  await new Promise(() => {});
}

/** The same part, as a process has it that may die: from then on no call comes back. */
function mortal<T extends object>(part: T, isDead: () => boolean): T {
  const never = new Promise<never>(() => {});
  return new Proxy(part, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        if (isDead()) return name === "streamChat" ? silence() : never;
        const result: unknown = Reflect.apply(member, target, given);
        if (result instanceof Promise) return result.then((value) => (isDead() ? never : value));
        const isPart = typeof result === "object" && result !== null && "getMany" in result;
        return isPart ? mortal(result, isDead) : result;
      };
    },
  });
}

/** Lets time pass until nothing is on its way. */
export async function calm(clock: FakeClock, replicas: readonly Replica[]): Promise<void> {
  await settle();
  for (let rounds = 0; replicas.some(({ chat }) => chat.load() > 0); rounds++) {
    if (rounds > 500) throw new Error("answers never end");
    await clock.advance(2_000);
  }
}
