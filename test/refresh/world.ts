import { createRefresher } from "../../src/refresh/engine/create-refresher.js";
import type { RefreshEvent, Refresher } from "../../src/refresh/refresher.js";
import { createSettings, type Settings } from "../../src/refresh/settings.js";
import type { Store } from "../../src/store/store.js";
import { type FakeClock, fakeClock } from "../support/fake-clock.js";
import { type FakeProvider, fakeProvider } from "../support/fake-provider.js";
import { type MemoryStore, memoryStore } from "../support/memory-store.js";

export interface World {
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly settings: Settings;
  readonly refresher: Refresher;
  readonly events: RefreshEvent[];
  readonly providers: Readonly<Record<string, FakeProvider>>;
  readonly problems: string[];
  provider(id: string): FakeProvider;
  /** Another process on the same store and clock, or the next start of this one. */
  restart(terms?: Partial<WorldTerms>): Promise<World>;
  /** Turns the clock, ticking every 10 s as the schedule does; looks 1 s after each tick and just before the next one. */
  live(ms: number, look?: () => void): Promise<void>;
}

export interface WorldTerms {
  readonly ids: readonly string[];
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  /** What the refresher sees of the store. */
  readonly storeView: Store;
  readonly keys: Readonly<Record<string, string>>;
  readonly workspaces: () => readonly string[];
  readonly isEnabled: boolean;
  readonly intervalMs: number;
  readonly maxAgeMs: number;
  /** Leaves the stored lists unread, as while the store is down. */
  readonly isLoaded: boolean;
  readonly makeProvider: (id: string, clock: FakeClock) => FakeProvider;
}

/** A refresher with fakes around it: the defaults are the bot's own. */
export async function createWorld(terms: Partial<WorldTerms> = {}): Promise<World> {
  const clock = terms.clock ?? fakeClock();
  const store = terms.store ?? memoryStore(clock.now);
  const view = terms.storeView ?? store;
  const problems: string[] = [];
  const note = (_facts: unknown, message?: string) => void problems.push(message ?? String(_facts));
  const log = { debug() {}, info() {}, warn: note, error: note };
  const host = { isEnabled: terms.isEnabled ?? true, intervalMs: terms.intervalMs ?? 300_000 };
  const settings = createSettings({ store: view, host, log });
  const make = terms.makeProvider ?? ((id: string) => fakeProvider(id, [`${id}-1`, `${id}-2`], clock.sleep));
  const ids = terms.ids ?? ["openai", "anthropic", "groq"];
  const providers = Object.fromEntries(ids.map((id) => [id, make(id, clock)]));
  const provider = (id: string) => {
    const found = providers[id];
    if (found === undefined) throw new Error(`the test has no provider ${id}`);
    return found;
  };
  const events: RefreshEvent[] = [];
  const refresher = createRefresher({
    providers: ids.map((id) => ({
      id,
      baseUrl: `https://${id}.example`,
      key: terms.keys?.[id] ?? `key-of-${id}`,
      provider: provider(id),
    })),
    store: view,
    settings,
    workspaces: terms.workspaces ?? (() => ["playground:local"]),
    clock,
    log,
    refresh: { timeoutMs: 10_000, maxAgeMs: terms.maxAgeMs ?? 300_000, ...host },
    onOutcome: (event) => void events.push(event),
  });
  if (terms.isLoaded ?? true) {
    await settings.load();
    await refresher.load();
  }
  return {
    clock,
    store,
    settings,
    refresher,
    events,
    providers,
    problems,
    provider,
    restart: (next = {}) => createWorld({ ...terms, clock, store, storeView: store.another(), ...next }),
    async live(ms, look = () => {}) {
      for (const end = clock.now() + ms; clock.now() < end; ) {
        void refresher.tick();
        await clock.advance(1_000);
        look();
        await clock.advance(9_000);
        look();
      }
    },
  };
}
