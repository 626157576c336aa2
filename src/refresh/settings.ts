import { createListeners } from "../base/listeners.js";
import type { Log } from "../base/log.js";
import type { ProviderId } from "../providers/provider.js";
import type { Store } from "../store/store.js";
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
  readonly access?: ChatAccess;
  /** A small line under each answer. Off when unset. */
  readonly footer?: boolean;
}

/** Who may chat, and where; unset or empty means no bound. Ids are the platform's own. */
export interface ChatAccess {
  /** People, roles and user groups. */
  readonly who?: readonly string[];
  readonly channels?: readonly string[];
  /** Whether guests may. They may when unset. */
  readonly guests?: boolean;
  /** Questions in 10 minutes, below the host's limits. */
  readonly userPer10Min?: number;
  readonly channelPer10Min?: number;
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
  /** Reads all workspaces' settings into memory; again: takes over what other replicas have changed. @throws {StoreError} */
  load(): Promise<void>;
  /** From memory. */
  of(workspace: string): WorkspaceSettings;
  /** Persists first, then it is in force. Changes of one workspace are applied one after the other, also those of other replicas. @throws {StoreError} and then nothing is changed */
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

/** Past these, what is stored is damaged and is written over. */
const CHANGE_ATTEMPTS = 5;

/** Settings of all workspaces in memory, mirrored to the store's table "settings", a row per workspace. */
export function createSettings({ store, host, log }: SettingsDeps): Settings {
  const rows = store.values("settings");
  const listeners = createListeners<string>(log);
  /** The last change of each workspace that has one under way. */
  const tails = new Map<string, Promise<unknown>>();
  /** Workspaces whose row was said to be unreadable. */
  const reported = new Set<string>();
  let known: ReadonlyMap<string, WorkspaceSettings> = new Map();
  let changes = 0;

  const of = (workspace: string): WorkspaceSettings => known.get(workspace) ?? {};

  async function apply(workspace: string, change: (before: WorkspaceSettings) => WorkspaceSettings) {
    const after = await persist(workspace, change);
    known = new Map(known).set(workspace, after);
    changes += 1;
    listeners.tell(workspace);
    return after;
  }

  /** Changes the row as it is stored now: another replica may have changed it since it was read. */
  async function persist(workspace: string, change: (before: WorkspaceSettings) => WorkspaceSettings) {
    for (let attempt = 1; ; attempt++) {
      const [before] = await rows.getMany([workspace]);
      const after = change(settingsSchema.safeParse(before).data ?? {});
      if (attempt > CHANGE_ATTEMPTS) await rows.set(workspace, after);
      else if (!(await store.swap({ table: "settings", key: workspace, before, after }, []))) continue;
      return after;
    }
  }

  return {
    of,
    async load() {
      const changesBefore = changes;
      const loaded = new Map<string, WorkspaceSettings>();
      for (const [workspace, value] of await rows.entries()) {
        const parsed = settingsSchema.safeParse(value);
        if (parsed.success) loaded.set(workspace, parsed.data);
        else if (!reported.has(workspace)) {
          reported.add(workspace);
          log.warn(
            { workspace },
            "Stored settings could not be read; the host's are in force until they are set again",
          );
        }
      }
      // What was changed here meanwhile is newer than what was read.
      if (changes !== changesBefore) return;
      const before = known;
      known = loaded;
      for (const workspace of new Set([...before.keys(), ...loaded.keys()])) {
        const isSame = JSON.stringify(before.get(workspace)) === JSON.stringify(loaded.get(workspace));
        if (!isSame) listeners.tell(workspace);
      }
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
