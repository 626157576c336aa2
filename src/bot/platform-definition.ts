import type { Clock } from "../clock.js";
import type { Command } from "../commands/command.js";
import type { HostConfig } from "../config-host.js";
import type { Log } from "../log.js";
import type { Store } from "../store/store.js";
import type { HttpServerDeps } from "./http/server.js";
import type { ChatPlatform } from "./platform.js";
import type { StatusView } from "./status-view.js";

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
}

export interface PlatformParts {
  readonly platform: ChatPlatform;
  /** What it mounts on the HTTP server that always runs. */
  readonly routes?: HttpServerDeps["routes"][number];
  /** For a platform that keeps the messages itself: erases what nobody touched since `before` (epoch ms). */
  eraseUntouched?(before: number): Promise<number>;
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
