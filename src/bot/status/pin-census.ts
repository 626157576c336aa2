import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { AffectedPins } from "../../commands/command-deps.js";
import { modelRowsOf, type Snapshot } from "../../refresh/catalog/catalog-entry.js";
import type { AllowedModels } from "../../refresh/choose/allowed-models.js";
import { knownRow, listedRow, modelName, splitModel } from "../../refresh/choose/model-ref.js";
import { isRetiring, successorOf } from "../../refresh/choose/successor.js";
import type { Refresher } from "../../refresh/refresher.js";
import { sessionRow } from "../../store/sessions/session-rows.js";
import type { Store } from "../../store/store.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import { channelKeyOf, channelOf, workspaceOf } from "../port/conversation.js";

export interface PinCensusDeps {
  readonly store: Pick<Store, "values">;
  readonly refresher: Pick<Refresher, "snapshot">;
  readonly allowed: Pick<AllowedModels, "snapshot">;
  readonly modelFacts: FindModelFacts;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

/** Counts in the background which channels are pinned to models that are gone or retire. */
export interface PinCensus {
  /** Counts where an hour has passed or changed lists affect other models; called every 10 s. Never rejects. */
  tick(): Promise<void>;
  /** From memory: the affected models that channels of a workspace are pinned to. */
  affectedPins(workspace: string): readonly AffectedPins[];
  /** From memory: the workspaces that have any. */
  affectedWorkspaces(): readonly string[];
}

const EVERY_MS = 3_600_000;
const PAGE_ROWS = 500;

export function createPinCensus(deps: PinCensusDeps): PinCensus {
  const { store, refresher, allowed, modelFacts, clock, log } = deps;
  /** By workspace, then by model. */
  let counts: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> = new Map();
  let counted = { at: Number.NEGATIVE_INFINITY, of: "" };
  /** The lists as they were judged last. That a time of theirs has come is noticed within the hour. */
  let judged: Snapshot | undefined;
  let running: Promise<void> | undefined;

  const count = async (affected: ReadonlySet<string>) => {
    const found = new Map<string, Map<string, Set<string>>>();
    for (let before: string | undefined, isFirst = true; isFirst || before !== undefined; isFirst = false) {
      const page = await store.values("sessions").page("", { before, limit: PAGE_ROWS });
      for (const [conversation, value] of page.entries) {
        const pin = sessionRow.safeParse(value).data?.pin;
        if (!pin || !affected.has(modelName(pin))) continue;
        const place = channelKeyOf(conversation);
        const byModel = found.get(workspaceOf(place)) ?? new Map<string, Set<string>>();
        found.set(workspaceOf(place), byModel);
        byModel.set(modelName(pin), (byModel.get(modelName(pin)) ?? new Set()).add(channelOf(place)));
      }
      before = page.before;
    }
    counts = found;
  };
  return {
    affectedWorkspaces: () => [...counts.keys()],
    async tick() {
      const snapshot = refresher.snapshot();
      const isHourOver = clock.now() >= counted.at + EVERY_MS;
      if (running !== undefined || (snapshot === judged && !isHourOver)) return running;
      judged = snapshot;
      const affected = affectedModels(snapshot, clock.now());
      const of = [...affected].sort().join("\n");
      if (of === counted.of && !isHourOver) return;
      counted = { at: clock.now(), of };
      if (affected.size === 0) {
        counts = new Map();
        return;
      }
      running = count(affected)
        .catch((error) => log.warn({ error }, "pins could not be counted, retrying in an hour"))
        .finally(() => {
          running = undefined;
        });
      return running;
    },
    affectedPins: (workspace) =>
      [...(counts.get(workspace) ?? [])].map(([name, channels]) => {
        const ref = splitModel(name);
        const snapshot = refresher.snapshot();
        const facts = { snapshot: allowed.snapshot(workspace), modelFacts, now: clock.now() };
        const successor = successorOf(facts, ref, knownRow(snapshot, ref));
        return {
          ...{ model: name, channels: channels.size, retiresAt: listedRow(snapshot, ref)?.retiresAt },
          successor: successor && modelName(successor),
        };
      }),
  };
}

/** Names of the models that are gone or retire within 30 days. */
const affectedModels = ({ providers }: Snapshot, now: number): ReadonlySet<string> =>
  new Set(
    [...providers].flatMap(([provider, entry]) =>
      modelRowsOf(entry).flatMap(({ model, state }) =>
        state === "unlisted" || state === "retired" || isRetiring(model, now)
          ? modelName({ provider, model: model.id })
          : [],
      ),
    ),
  );
