import type { Log } from "../log.js";
import type { ProviderId } from "../providers/provider.js";
import type { Store } from "../store/store.js";
import { createListeners } from "./listeners.js";
import { settingsSchema } from "./settings-schema.js";

/** Minutes that people can choose, and the one that adapts. */
export type IntervalChoice = 1 | 3 | 5 | 10 | 15 | "smart";

export interface RefreshChoice {
  readonly isEnabled?: boolean;
  readonly interval?: IntervalChoice;
}

/** What a workspace has set; unset falls to the host's. */
export interface WorkspaceSettings extends RefreshChoice {
  readonly providers?: Readonly<Record<ProviderId, RefreshChoice>>;
  /** Model of new conversations, as provider/model. */
  readonly model?: string;
  /** Who may choose models. Anyone when unset. */
  readonly switching?: "anyone" | "operators";
}

export type SettingSource = "override" | "workspace" | "host";

/** What is in force, and why. */
export interface RefreshInForce {
  readonly isEnabled: boolean;
  readonly enabledBy: SettingSource;
  /** The host's interval may be any number of seconds. */
  readonly interval: { readonly kind: "fixed"; readonly ms: number } | { readonly kind: "smart" };
  readonly intervalBy: SettingSource;
}

export interface Settings {
  /** Reads all workspaces' settings into memory. @throws {StoreError} */
  load(): Promise<void>;
  /** From memory. */
  of(workspace: string): WorkspaceSettings;
  /** Persists first, then it is in force. Changes of one workspace are applied one after the other. @throws {StoreError} and then nothing is changed */
  change(workspace: string, change: (before: WorkspaceSettings) => WorkspaceSettings): Promise<WorkspaceSettings>;
  /** From memory: the provider's override, else the workspace's, else the host's. */
  inForce(workspace: string, provider?: ProviderId): RefreshInForce;
  onChange(listener: (workspace: string) => void): () => void;
}

export interface SettingsDeps {
  readonly store: Store;
  /** What is in force wherever a workspace has set nothing. */
  readonly host: { readonly isEnabled: boolean; readonly intervalMs: number };
  readonly log: Log;
}

/** Settings of all workspaces in memory, mirrored to the store's table "settings", a row per workspace. */
export function createSettings({ store, host, log }: SettingsDeps): Settings {
  const rows = store.values("settings");
  const listeners = createListeners<string>(log);
  /** The last change of each workspace that has one under way. */
  const tails = new Map<string, Promise<unknown>>();
  let known: ReadonlyMap<string, WorkspaceSettings> = new Map();

  const of = (workspace: string): WorkspaceSettings => known.get(workspace) ?? {};

  async function apply(workspace: string, change: (before: WorkspaceSettings) => WorkspaceSettings) {
    const after = change(of(workspace));
    await rows.set(workspace, after);
    known = new Map(known).set(workspace, after);
    listeners.tell(workspace);
    return after;
  }

  return {
    of,
    async load() {
      const loaded = new Map<string, WorkspaceSettings>();
      for (const [workspace, value] of await rows.entries()) {
        const parsed = settingsSchema.safeParse(value);
        if (parsed.success) loaded.set(workspace, parsed.data);
        else
          log.warn(
            { workspace },
            "Stored settings could not be read; the host's are in force until they are set again",
          );
      }
      known = loaded;
    },
    change(workspace, change) {
      const before = tails.get(workspace) ?? Promise.resolve();
      // A failed change is its own caller's matter; the next one goes on from what is in force.
      const mine = before.catch(() => {}).then(() => apply(workspace, change));
      tails.set(workspace, mine);
      const forget = () => void (tails.get(workspace) === mine && tails.delete(workspace));
      mine.then(forget, forget);
      return mine;
    },
    inForce(workspace, provider) {
      const settings = of(workspace);
      const overrides = settings.providers ?? {};
      const override = provider !== undefined && Object.hasOwn(overrides, provider) ? overrides[provider] : undefined;
      const levels = [
        ["override", override],
        ["workspace", settings],
      ] as const;
      const [enabledBy, enabled] = levels.find(([, level]) => level?.isEnabled !== undefined) ?? ["host"];
      const [intervalBy, chosen] = levels.find(([, level]) => level?.interval !== undefined) ?? ["host"];
      return {
        isEnabled: enabled?.isEnabled ?? host.isEnabled,
        enabledBy,
        interval: intervalOf(chosen?.interval, host.intervalMs),
        intervalBy,
      };
    },
    onChange: listeners.add,
  };
}

function intervalOf(choice: IntervalChoice | undefined, hostMs: number): RefreshInForce["interval"] {
  if (choice === "smart") return { kind: "smart" };
  return { kind: "fixed", ms: choice === undefined ? hostMs : choice * 60_000 };
}
