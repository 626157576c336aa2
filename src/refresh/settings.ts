import { z } from "zod";
import { createListeners } from "../base/listeners.js";
import type { Log } from "../base/log.js";
import { createSerial } from "../base/serial.js";
import type { Languages } from "../languages/languages.js";
import type { Language } from "../languages/translate.js";
import type { ProviderId } from "../providers/provider.js";
import type { Store } from "../store/store.js";
import { BUDGET_PERIODS, BUDGET_UNITS, type WorkspaceBudgets } from "../usage/budgets/budget.js";
import { createSettingRows, type WritesOf } from "./setting-rows.js";

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
  /** In place of `model`: new conversations get the newest model that fits this glob. */
  readonly modelPattern?: ModelPattern;
  /** What is offered under the next answers of conversations that are pinned to a model, by its name. */
  readonly offers?: Readonly<Record<string, SuccessorOffer>>;
  /** Who may choose models. Anyone when unset. */
  readonly switching?: "anyone" | "operators";
  /** Who may set a conversation's system prompt. Anyone when unset. */
  readonly system?: "anyone" | "operators";
  readonly access?: ChatAccess;
  /** Whether another model may answer while the pinned one's quota is used up. */
  readonly fallback?: FallbackSetting;
  /** What may be used here, below the host's ceilings. */
  readonly budgets?: WorkspaceBudgets;
  /** Which models may be used here. */
  readonly models?: ModelRules;
  /** A small line under each answer. Off when unset. */
  readonly footer?: boolean;
  /** 👍 and 👎 under each answer. On when unset. */
  readonly feedback?: boolean;
  /** Code of the language in which the bot writes, as "de". English when unset, or when there is no such language. */
  readonly language?: string;
  /** What was set can't be read: until it is set again, the bot is for operators only. Never stored. */
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

export type FallbackMode = "off" | "ask" | "auto";

export interface FallbackSetting {
  /** `ask` when unset: somebody has to agree each time; `auto`: the workspace has agreed to all. */
  readonly mode?: FallbackMode;
  /** Names as provider/model, best first. Unset or empty: models are chosen by likeness and price. */
  readonly models?: readonly string[];
}

/** A model that an operator offers in place of another. */
export interface SuccessorOffer {
  /** "provider/model". */
  readonly successor: string;
  /** When it was offered (epoch ms). */
  readonly at: number;
}

export interface ModelPattern {
  readonly pattern: string;
  /** When it was set (epoch ms). */
  readonly setAt: number;
}

/** Which models may be used; unset or empty means no bound. Patterns are globs over "provider/model". */
export interface ModelRules {
  readonly allow?: readonly string[];
  /** Wins over `allow`. */
  readonly deny?: readonly string[];
  /** USD per million output tokens. */
  readonly maxPrice?: number;
  /** Whether models pass whose price nobody tells. They pass when unset. */
  readonly unknownPrice?: "pass" | "block";
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
  /** Reads all workspaces' settings into memory; later what was changed since, also elsewhere. @throws {StoreError} */
  load(): Promise<void>;
  /** From memory. What was once set for all direct messages together holds in each until it has settings of its own. */
  of(workspace: string): WorkspaceSettings;
  /** The workspaces that have set something, from memory; the same object until one begins to. */
  workspaces(): readonly string[];
  /**
   * Persists first, then it is in force. Changes of one workspace are applied one after the other, also those of other
   * replicas. What `also` makes of the change is written in the same step.
   * @throws {StoreError} and then nothing is changed
   */
  change(
    workspace: string,
    change: (before: WorkspaceSettings) => WorkspaceSettings,
    also?: WritesOf<WorkspaceSettings>,
  ): Promise<WorkspaceSettings>;
  /** From memory: the provider's override, else the workspace's, else the host's. */
  inForce(workspace: string, provider?: ProviderId): RefreshInForce;
  /** The language in which the bot writes there, from memory; undefined for English. */
  languageOf(workspace: string): Language | undefined;
  onChange(listener: (workspace: string) => void): () => void;
}

export interface SettingsDeps {
  readonly store: Store;
  /** What is in force wherever a workspace has set nothing. */
  readonly host: { readonly isEnabled: boolean; readonly intervalMs: number };
  readonly log: Log;
  /** The languages that a workspace can choose. Default: English alone. */
  readonly languages?: Pick<Languages, "of">;
}

const NOTHING: WorkspaceSettings = {};

/**
 * The workspace that another one is a part of: "discord:dm" of "discord:dm:123", by which all direct messages there
 * were known before each was one by itself. Any other workspace is its own.
 */
export const sharedWorkspaceOf = (workspace: string): string => workspace.split(":").slice(0, 2).join(":");

/** Settings of all workspaces in memory, mirrored to the store. */
export function createSettings({ store, host, log, languages }: SettingsDeps): Settings {
  // Whatever protected a workspace may be lost with its row.
  const rows = createSettingRows<WorkspaceSettings>(store, {
    schema: settingsSchema,
    damaged: { isDamaged: true },
    empty: NOTHING,
  });
  const listeners = createListeners<string>(log);
  const serial = createSerial();
  const byWorkspace = new Map<string, WorkspaceSettings>();
  let workspaces: readonly string[] | undefined;
  let localChanges = 0;
  /** The change up to which everything is in memory; null: there was none, undefined: nothing was read. */
  let seen: string | null | undefined;
  const of = (workspace: string): WorkspaceSettings =>
    byWorkspace.get(workspace) ?? byWorkspace.get(sharedWorkspaceOf(workspace)) ?? NOTHING;

  const inherited = (workspace: string): WorkspaceSettings => {
    const { isDamaged: _lost, ...settings } = of(sharedWorkspaceOf(workspace));
    return settings;
  };

  function put(workspace: string, settings: WorkspaceSettings | undefined): void {
    if (byWorkspace.has(workspace) !== (settings !== undefined)) workspaces = undefined;
    if (settings === undefined) byWorkspace.delete(workspace);
    else byWorkspace.set(workspace, settings);
  }

  return {
    of,
    workspaces() {
      workspaces ??= [...byWorkspace.keys()];
      return workspaces;
    },
    async load() {
      const localBefore = localChanges;
      const found = await rows.readSince(seen, byWorkspace.keys());
      // What was changed here meanwhile is newer than what was read; the next load reads it again.
      if (found === undefined || localChanges !== localBefore) return;
      seen = found.upTo;
      const changed = found.read.filter(
        ([workspace, settings]) => JSON.stringify(byWorkspace.get(workspace)) !== JSON.stringify(settings),
      );
      for (const [workspace, settings] of changed) put(workspace, settings);
      for (const [workspace] of changed) listeners.tell(workspace);
    },
    change: (workspace, change, also) =>
      serial("", async () => {
        const after = await rows.change(workspace, () => inherited(workspace), change, also);
        put(workspace, after);
        localChanges += 1;
        listeners.tell(workspace);
        return after;
      }),
    inForce: (workspace, provider) => inForce(of(workspace), provider, host),
    languageOf: (workspace) => languages?.of(of(workspace).language),
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

const budget = z.looseObject({
  amount: z.number().positive(),
  unit: z.enum(BUDGET_UNITS),
  per: z.enum(BUDGET_PERIODS),
  setAt: z.number(),
});

/** A stored row of a workspace. Fields of a newer version are kept, so that going back and forth loses nothing. */
const settingsSchema = z.looseObject({
  ...refreshChoice,
  providers: z.record(z.string(), z.looseObject(refreshChoice)).exactOptional(),
  model: z.string().exactOptional(),
  offers: z.record(z.string(), z.looseObject({ successor: z.string(), at: z.number() })).exactOptional(),
  modelPattern: z.looseObject({ pattern: z.string(), setAt: z.number() }).exactOptional(),
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
  fallback: z
    .looseObject({
      mode: z.enum(["off", "ask", "auto"]).exactOptional(),
      models: z.array(z.string()).exactOptional(),
    })
    .exactOptional(),
  models: z
    .looseObject({
      allow: z.array(z.string()).exactOptional(),
      deny: z.array(z.string()).exactOptional(),
      maxPrice: z.number().nonnegative().exactOptional(),
      unknownPrice: z.enum(["pass", "block"]).exactOptional(),
    })
    .exactOptional(),
  budgets: z
    .looseObject({
      person: budget.exactOptional(),
      channel: budget.exactOptional(),
      workspace: budget.exactOptional(),
      raised: z.record(z.string(), z.looseObject({ amount: z.number().positive(), setAt: z.number() })).exactOptional(),
    })
    .exactOptional(),
  footer: z.boolean().exactOptional(),
  feedback: z.boolean().exactOptional(),
  language: z.string().exactOptional(),
});
