import { randomUUID } from "node:crypto";
import { z } from "zod";
import { createListeners } from "../base/listeners.js";
import type { Log } from "../base/log.js";
import { createSerial } from "../base/serial.js";
import type { ProviderId } from "../providers/provider.js";
import { createRowReader } from "../store/damage-report.js";
import { DAMAGED } from "../store/row.js";
import type { Entry, Store } from "../store/store.js";

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
  /** Reads all workspaces' settings into memory; later what has changed since, also by other replicas. @throws {StoreError} */
  load(): Promise<void>;
  /** From memory. What was once set for all direct messages together holds in each until it has settings of its own. */
  of(workspace: string): WorkspaceSettings;
  /** The workspaces that have set something, from memory; the same object until one begins to. */
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
/** The row that names the latest changes, so that others need not read all rows to find them; no workspace has that name. */
const CHANGES_KEY = ":changes";
/** Whoever has missed more changes reads everything. */
const MAX_CHANGES = 50;
const NOTHING: WorkspaceSettings = {};

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
  const readChanges = createRowReader(rows, changesSchema);
  const byWorkspace = new Map<string, WorkspaceSettings>();
  /** Of all workspaces that have a row. */
  let names: readonly string[] | undefined;
  let localChanges = 0;
  /** The change up to which all are in memory; null: there was none, undefined: nothing was read. */
  let seen: string | null | undefined;
  const of = (workspace: string): WorkspaceSettings =>
    byWorkspace.get(workspace) ?? byWorkspace.get(sharedWorkspaceOf(workspace)) ?? NOTHING;

  /** What a workspace without a row begins with. */
  const inherited = (workspace: string): WorkspaceSettings => {
    const { isDamaged: _lost, ...settings } = of(sharedWorkspaceOf(workspace));
    return settings;
  };

  /** Changes the row as it is stored now: another replica may have changed it since it was read. */
  async function persist(workspace: string, change: (before: WorkspaceSettings) => WorkspaceSettings) {
    for (let attempt = 1; ; attempt++) {
      const [noted, before] = await rows.getMany([CHANGES_KEY, workspace]);
      const after = change(before === undefined ? inherited(workspace) : (readRow(workspace, before) ?? {}));
      const latest = [...(readChanges(CHANGES_KEY, noted)?.latest ?? []), { id: randomUUID(), workspace }];
      const changesRow = { table: "settings", key: CHANGES_KEY } as const;
      const row = { table: "settings", key: workspace, value: after } as const;
      // A list of this change alone makes everybody read everything.
      if (noted === DAMAGED || attempt > CHANGE_ATTEMPTS)
        await store.write([{ ...changesRow, value: { latest: latest.slice(-1) } }, row]);
      // Every change replaces that list, so where it is still the one that was read, so is the workspace's row.
      else if (
        !(await store.swap({ ...changesRow, before: noted, after: { latest: latest.slice(-MAX_CHANGES) } }, [row]))
      )
        continue;
      return after;
    }
  }

  function put(workspace: string, settings: WorkspaceSettings | undefined): void {
    if (byWorkspace.has(workspace) !== (settings !== undefined)) names = undefined;
    if (settings === undefined) byWorkspace.delete(workspace);
    else byWorkspace.set(workspace, settings);
  }

  /** Takes over what was read of these workspaces, undefined where there is no row; tells of those that differ. */
  function take(read: readonly Entry[]): void {
    const changed = read.filter(([workspace, value]) => {
      // Whatever protected the workspace may be lost with the row.
      const after = value === undefined ? undefined : (readRow(workspace, value) ?? { isDamaged: true as const });
      const before = byWorkspace.get(workspace);
      if (JSON.stringify(before) === JSON.stringify(after)) return false;
      put(workspace, after);
      return true;
    });
    for (const [workspace] of changed) listeners.tell(workspace);
  }

  /** The rows of these workspaces, of all where unset, also of those that have none any more. */
  async function readRows(wanted: readonly string[] | undefined): Promise<readonly Entry[]> {
    if (wanted !== undefined) {
      const values = await rows.getMany(wanted);
      return wanted.map((name, index) => [name, values[index]] as const);
    }
    const stored = (await rows.entries()).filter(([name]) => name !== CHANGES_KEY);
    const here = new Set(stored.map(([name]) => name));
    return [
      ...stored,
      ...[...byWorkspace.keys()].flatMap((name) => (here.has(name) ? [] : [[name, undefined] as const])),
    ];
  }

  return {
    of,
    workspaces() {
      names ??= [...byWorkspace.keys()];
      return names;
    },
    async load() {
      const localBefore = localChanges;
      const [noted] = await rows.getMany([CHANGES_KEY]);
      const latest = readChanges(CHANGES_KEY, noted)?.latest ?? [];
      const last = latest.at(-1)?.id ?? null;
      if (last === seen && noted !== DAMAGED) return;
      const known = latest.findIndex(({ id }) => id === seen);
      const missed = new Set(latest.slice(known + 1).map(({ workspace }) => workspace));
      const read = await readRows(known === -1 ? undefined : [...missed]);
      // What was changed here meanwhile is newer than what was read; the next load reads again.
      if (localChanges !== localBefore) return;
      seen = last;
      take(read);
    },
    change: (workspace, change) =>
      serial("", async () => {
        const after = await persist(workspace, change);
        put(workspace, after);
        localChanges += 1;
        listeners.tell(workspace);
        return after;
      }),
    inForce: (workspace, provider) => inForce(of(workspace), provider, host),
    onChange: listeners.add,
  };
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

const changesSchema = z.object({ latest: z.array(z.object({ id: z.string(), workspace: z.string() })) });
