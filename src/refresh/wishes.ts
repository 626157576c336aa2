import type { Clock } from "../clock.js";
import type { ProviderId } from "../providers/provider.js";
import { wantedInterval } from "./intervals.js";
import type { Settings } from "./settings.js";

export interface WishesDeps {
  readonly settings: Settings;
  /** The workspaces that the bot is in now. */
  readonly workspaces: () => readonly string[];
  /** What counts while there is no workspace at all. */
  readonly host: { readonly isEnabled: boolean; readonly intervalMs: number };
  readonly clock: Clock;
}

/** What all workspaces together want of the refresher. */
export interface Wishes {
  /** The shortest interval in force for a provider; null where auto-refresh is off for it everywhere. */
  intervalOf(provider: ProviderId): number | null;
  noteActivity(workspace: string): void;
}

/** A bot may be in thousands of workspaces, and this is asked on users' paths: one look at them serves for a second. */
const LOOK_MS = 1_000;

export function createWishes({ settings, workspaces, host, clock }: WishesDeps): Wishes {
  const startedAt = clock.now();
  const lastInteractions = new Map<string, number>();
  let looked = { at: Number.NaN, intervals: new Map<ProviderId, number | null>() };
  const lookAgain = () => {
    looked = { at: clock.now(), intervals: new Map() };
  };
  settings.onChange(lookAgain);

  function find(provider: ProviderId): number | null {
    const active = workspaces();
    if (active.length === 0) return host.isEnabled ? host.intervalMs : null;
    const wishes = active.map((workspace) => ({
      inForce: settings.inForce(workspace, provider),
      use: { lastInteractionAt: lastInteractions.get(workspace) ?? startedAt },
    }));
    return wantedInterval(wishes, clock.now());
  }

  return {
    intervalOf(provider) {
      const ageMs = clock.now() - looked.at;
      if (!(ageMs >= 0 && ageMs < LOOK_MS)) lookAgain();
      let interval = looked.intervals.get(provider);
      if (interval === undefined) {
        interval = find(provider);
        looked.intervals.set(provider, interval);
      }
      return interval;
    },
    noteActivity(workspace) {
      lastInteractions.set(workspace, clock.now());
    },
  };
}
