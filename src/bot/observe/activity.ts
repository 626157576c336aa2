import type { Observer } from "./observers.js";

export interface PlatformCounts {
  /** Questions since the start. */
  readonly questions: number;
  /** Conversations that anything was asked in since the start. */
  readonly conversations: number;
  readonly failedCalls: number;
}

export interface StoreHealth {
  /** How the last call ended. */
  readonly isUp: boolean;
  readonly errors: number;
  readonly lastErrorAt: number | null;
}

/** Counts of what has happened since the start. */
export interface BotActivity extends Pick<Observer, "onPlatformCall" | "onQuestion" | "onStoreCall"> {
  countsOf(platform: string): PlatformCounts;
  storeHealth(): StoreHealth;
}

/** The count of a platform's conversations stops here, to bound memory. */
const MOST_CONVERSATIONS = 50_000;

export function createActivity(now: () => number): BotActivity {
  const known = new Map<string, { questions: number; failedCalls: number; readonly conversations: Set<string> }>();
  let health: StoreHealth = { isUp: true, errors: 0, lastErrorAt: null };
  const of = (platform: string) => {
    const counts = known.get(platform) ?? { questions: 0, failedCalls: 0, conversations: new Set<string>() };
    known.set(platform, counts);
    return counts;
  };
  return {
    onPlatformCall(platform, _call, isSent) {
      if (!isSent) of(platform).failedCalls += 1;
    },
    onQuestion(platform, conversation) {
      const counts = of(platform);
      counts.questions += 1;
      if (counts.conversations.size < MOST_CONVERSATIONS) counts.conversations.add(conversation);
    },
    onStoreCall(_operation, isDone) {
      if (isDone) health = health.isUp ? health : { ...health, isUp: true };
      else health = { isUp: false, errors: health.errors + 1, lastErrorAt: now() };
    },
    countsOf(platform) {
      const { questions, failedCalls, conversations } = of(platform);
      return { questions, failedCalls, conversations: conversations.size };
    },
    storeHealth: () => health,
  };
}
