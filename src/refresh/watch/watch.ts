import { fitsGlob } from "../../base/text.js";
import type { ModelChange } from "../catalog/change-log.js";
import { modelName } from "../choose/default-model.js";

export const WATCH_KINDS = ["new", "gone", "price", "retire", "all"] as const;
/** `new` is what appears and comes back, `price` a price or a context window. */
export type WatchKind = (typeof WATCH_KINDS)[number];

/** What somebody wants a channel to be notified about. */
export interface Watch {
  /** A glob over "provider/model". */
  readonly pattern: string;
  readonly kind: WatchKind;
  /** Who asked for it, by name, and when (epoch ms). */
  readonly by: string;
  readonly at: number;
}

const KIND_OF: Readonly<Record<ModelChange["kind"], WatchKind>> = {
  new: "new",
  back: "new",
  gone: "gone",
  price: "price",
  context: "price",
  retire: "retire",
};

/** Whether one of the watches is about a change. */
export const fitsWatches = (watches: readonly Watch[], change: ModelChange): boolean =>
  watches.some(
    ({ kind, pattern }) =>
      (kind === "all" || kind === KIND_OF[change.kind]) &&
      (pattern === "*" || fitsGlob(pattern, modelName({ provider: change.provider, model: change.model }))),
  );
