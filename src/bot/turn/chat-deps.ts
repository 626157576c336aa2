import type { Store } from "../../store/store.js";
import type { IntakeDeps } from "../access/intake.js";
import type { ChatPlatform } from "../port/platform.js";
import type { TurnDeps } from "./turn-deps.js";

export interface ChatDeps extends TurnDeps, IntakeDeps {
  readonly settings: TurnDeps["settings"];
  readonly store: Store;
  /** This process among all that share the store. */
  readonly owner: string;
  /** Whether other processes share the store now. */
  hasPeers(): boolean;
  platforms(): readonly ChatPlatform[];
}
