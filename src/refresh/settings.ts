import { z } from "zod";
import { createListeners } from "../base/listeners.js";
import type { Log } from "../base/log.js";
import { createSerial } from "../base/serial.js";
import type { ProviderId } from "../providers/provider.js";
import { createRowReader } from "../store/damage-report.js";
import { DAMAGED } from "../store/row.js";
import type { Store } from "../store/store.js";

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
  /** Who may set a conversation's system prompt. Anyone when unset. */
  readonly system?: "anyone" | "operators";
  readonly access?: ChatAccess;
  /** A small line under each answer. Off when unset. */
  readonly footer?: boolean;
  /** What was set can't be read: until it is set anew, the bot is for operators only. Never stored. */
  readonly isDamaged?: true;
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
  /** Reads all workspaces' settings into memory, with what other replicas have changed. @throws {StoreError} */
  load(): Promise<void>;
  /** From memory. What was once set for all direct messages together holds in each until it has settings of its own. */
  of(workspace: string): WorkspaceSettings;
  /** The workspaces that have set something, from memory. */
  workspaces(): readonly string[];
  /**
   * Persists first, then it is in force. Changes of one workspace are applied one after the other, also those of other
   * replicas.
   * @throws {StoreError} and then nothing is changed
   */
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

/** After that many lost swaps the stored row is overwritten. */
const CHANGE_ATTEMPTS = 5;

/**
 * The workspace that another one is a part of: "discord:dm" of "discord:dm:123", by which all direct messages there
 * were known before each was one by itself. Any other workspace is its own.
 */
export const sharedWorkspaceOf = (workspace: string): string => workspace.split(":").slice(0, 2).join(":");

/** Settings of all workspaces in memory, mirrored to the store's table "settings", a row per workspace. */
export function createSettings({ store, host, log }: SettingsDeps): Settings {
  const rows = store.values("settings");
  const listeners = createListeners<string>(log);
  const serial = createSerial();
  const readRow = createRowReader(rows, settingsSchema);
  let byWorkspace: ReadonlyMap<string, WorkspaceSettings> = new Map();
  let changes = 0;
  const of = (workspace: string): WorkspaceSettings =>
    byWorkspace.get(workspace) ?? byWorkspace.get(sharedWorkspaceOf(workspace)) ?? {};

  /** What a workspace without a row begins with. */
  const inherited = (workspace: string): WorkspaceSettings => {
    const { isDamaged: _lost, ...settings } = of(sharedWorkspaceOf(workspace));
    return settings;
  };

  /** Changes the row as it is stored now: another replica may have changed it since it was read. */
  async function persist(workspace: string, change: (before: WorkspaceSettings) => WorkspaceSettings) {
    for (let attempt = 1; ; attempt++) {
      const [before] = await rows.getMany([workspace]);
      const after = change(before === undefined ? inherited(workspace) : (readRow(workspace, before) ?? {}));
      if (before === DAMAGED || attempt > CHANGE_ATTEMPTS) await rows.set(workspace, after);
      else if (!(await store.swap({ table: "settings", key: workspace, before, after }, []))) continue;
      return after;
    }
  }

  return {
    of,
    workspaces: () => [...byWorkspace.keys()],
    async load() {
      const changesBefore = changes;
      const loaded = new Map<string, WorkspaceSettings>();
      for (const [workspace, value] of await rows.entries()) {
        // Whatever protected the workspace may be lost with the row.
        loaded.set(workspace, readRow(workspace, value) ?? { isDamaged: true });
      }
      // What was changed here meanwhile is newer than what was read.
      if (changes !== changesBefore) return;
      const before = byWorkspace;
      byWorkspace = loaded;
      for (const workspace of changedBetween(before, loaded)) listeners.tell(workspace);
    },
    change: (workspace, change) =>
      serial(workspace, async () => {
        const after = await persist(workspace, change);
        byWorkspace = new Map(byWorkspace).set(workspace, after);
        changes += 1;
        listeners.tell(workspace);
        return after;
      }),
    inForce: (workspace, provider) => inForce(of(workspace), provider, host),
    onChange: listeners.add,
  };
}

/** Workspaces whose settings differ. */
function changedBetween(before: ReadonlyMap<string, WorkspaceSettings>, after: typeof before): readonly string[] {
  const jsonOf = (workspace: string, settings: typeof before) => JSON.stringify(settings.get(workspace));
  const all = [...new Set([...before.keys(), ...after.keys()])];
  return all.filter((workspace) => jsonOf(workspace, before) !== jsonOf(workspace, after));
}

/** The provider's override, else the workspace's choice, else the host's, for each of the two settings. */
function inForce(settings: WorkspaceSettings, provider: ProviderId | undefined, host: SettingsDeps["host"]) {
  const { providers = {} } = settings;
  const override: RefreshChoice =
    (provider !== undefined && Object.hasOwn(providers, provider) ? providers[provider] : undefined) ?? {};
  const levelOf = (name: keyof RefreshChoice): SettingSource =>
    override[name] !== undefined ? "override" : settings[name] !== undefined ? "workspace" : "host";
  return {
    isEnabled: override.isEnabled ?? settings.isEnabled ?? host.isEnabled,
    enabledBy: levelOf("isEnabled"),
    interval: intervalOf(override.interval ?? settings.interval, host.intervalMs),
    intervalBy: levelOf("interval"),
  };
}

function intervalOf(choice: IntervalChoice | undefined, hostMs: number): RefreshInForce["interval"] {
  if (choice === "smart") return { kind: "smart" };
  return { kind: "fixed", ms: choice === undefined ? hostMs : choice * 60_000 };
}

const refreshChoice = {
  isEnabled: z.boolean().exactOptional(),
  interval: z
    .union([z.literal(1), z.literal(3), z.literal(5), z.literal(10), z.literal(15), z.literal("smart")])
    .exactOptional(),
};

/** A stored row of a workspace. Fields of a newer version are kept, so that going back and forth loses nothing. */
const settingsSchema = z.looseObject({
  ...refreshChoice,
  providers: z.record(z.string(), z.looseObject(refreshChoice)).exactOptional(),
  model: z.string().exactOptional(),
  switching: z.enum(["anyone", "operators"]).exactOptional(),
  system: z.enum(["anyone", "operators"]).exactOptional(),
  access: z
    .looseObject({
      who: z.array(z.string()).exactOptional(),
      channels: z.array(z.string()).exactOptional(),
      guests: z.boolean().exactOptional(),
      userPer10Min: z.number().int().positive().exactOptional(),
      channelPer10Min: z.number().int().positive().exactOptional(),
    })
    .exactOptional(),
  footer: z.boolean().exactOptional(),
});
