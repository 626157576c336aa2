import type { Hono } from "hono";
import type { Clock } from "../../base/clock.js";
import type { HostConfig } from "../../base/config-host.js";
import type { Log } from "../../base/log.js";
import type { Command } from "../../commands/command.js";
import type { Store } from "../../store/store.js";
import type { ChannelKey, ChatPlatform, MessageKey } from "./platform.js";
import type { StatusView } from "./status-view.js";

/** The model that a conversation has, or would get with its next question. */
export interface ConversationModel {
  /** As "provider/model"; null while there is none. */
  readonly model: string | null;
  /** When it was pinned, and by whom (null: the default in force at the first message); null where nothing is pinned. */
  readonly pin: { readonly at: number; readonly by: string | null } | null;
}

/** What platforms are made of. */
export interface PlatformDeps {
  readonly config: HostConfig;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly commands: readonly Command[];
  /** What `/api/status` answers; from memory. */
  status(): StatusView;
  /** Called after every change of what `status` tells. Returns how to stop that. */
  onStatusChange(listener: () => void): () => void;
  /** The model of the conversation there. @throws {StoreError} */
  modelOf(place: ChannelKey): Promise<ConversationModel>;
  /** Ends what is answered there and erases the conversation. @throws {StoreError} */
  forget(place: ChannelKey): Promise<void>;
}

/** What some platforms can do besides the port. */
export interface PlatformExtras {
  /** Shows one line about the bot itself (presence, a status bar); the newest wins. */
  showStatus?(line: string): Promise<void>;
  /**
   * Begins a thread under a message, or in a channel. Resolves with its place, and with a link to it in Markdown: "<#123>".
   * @throws {PlatformError}
   */
  openThread?(at: ChannelKey | MessageKey, title: string): Promise<OpenedThread>;
  /** Where the platform itself keeps the messages: erases those of a place. @throws {StoreError} */
  forget?(channel: ChannelKey): Promise<void>;
  /** Where the platform itself keeps the messages: erases what nobody touched since `before` (epoch ms). */
  eraseUntouched?(before: number): Promise<number>;
}

export interface OpenedThread {
  readonly place: ChannelKey;
  readonly link: string;
}

export interface PlatformParts extends PlatformExtras {
  readonly platform: ChatPlatform;
  /** What it mounts on the HTTP server that always runs. */
  readonly routes?: (app: Hono) => void;
}

/** One line of the check-up. */
export interface PlatformFinding {
  readonly isFine: boolean;
  /** Names the variable and the mend where something is wrong. */
  readonly text: string;
}

/** A platform's entry in the registry; its SDK is imported by `create` and `check` only. */
export interface PlatformDefinition {
  readonly name: string;
  isConfigured(config: HostConfig): boolean;
  create(deps: PlatformDeps): Promise<PlatformParts>;
  /** Asks the service whether it would take the bot. Never rejects. */
  check?(deps: Pick<PlatformDeps, "config" | "clock" | "log">): Promise<readonly PlatformFinding[]>;
}
