import type { Provider } from "../../providers/provider.js";
import type { Trigger } from "../refresher.js";

/** What is wanted of one provider's refresh. */
export interface RefreshOrder {
  readonly provider: Provider;
  readonly trigger: Trigger;
  /** For the claim: 0 where the attempt must not wait. */
  readonly minIntervalMs: number;
  /** The same after an attempt that came to nothing; `minIntervalMs` unless given. */
  readonly minIntervalAfterLossMs?: number;
  /** Asked again under the claim, with what others have stored until then. */
  readonly isStillWanted: () => boolean;
}
