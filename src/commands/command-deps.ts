import type { Clock } from "../base/clock.js";
import type { ModelRef, Preference } from "../refresh/choose/default-model.js";
import type { Refresher } from "../refresh/refresher.js";
import type { Settings } from "../refresh/settings.js";
import type { Sessions } from "../store/sessions/sessions.js";
import type { ChartPainter } from "../usage/chart/chart-painter.js";
import type { Ledger } from "../usage/ledger.js";
import type { BoardControl } from "./board-control.js";
import type { TurnControl } from "./turn-control.js";

/** What commands are made of. */
export interface CommandDeps {
  readonly refresher: Refresher;
  readonly settings: Settings;
  readonly sessions: Sessions;
  readonly ledger: Pick<Ledger, "read">;
  readonly charts: ChartPainter;
  readonly turns: TurnControl;
  readonly board: BoardControl;
  /** The configured providers, in the order of the registry. */
  readonly setups: readonly Preference[];
  readonly host: {
    /** From `DEFAULT_MODEL`. */
    readonly defaultModel?: ModelRef | undefined;
  };
  /** What is not right with a chat platform, each with its mend. */
  faults(): readonly string[];
  readonly clock: Clock;
}
