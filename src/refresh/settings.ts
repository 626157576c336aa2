import type { ProviderId } from "../providers/provider.js";

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
