import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { Provider, ProviderId } from "../../providers/provider.js";
import type { Catalog } from "../catalog/catalog.js";
import type { RefreshResult, Trigger } from "../refresher.js";
import type { RefreshOrder } from "./refresh-one.js";

export interface RunsDeps {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly log: Log;
  readonly refresh: (order: RefreshOrder) => Promise<RefreshResult>;
  /** Called after each one, also a skipped one. */
  readonly onEnd: (result: RefreshResult) => void;
}

/** One refresh per provider at a time; whoever wants another joins it. */
export interface Runs {
  isRunning(provider: ProviderId): boolean;
  start(order: RefreshOrder): Promise<RefreshResult>;
  /**
   * A person's refresh: joins what runs, and tries itself where the clock's attempt came to nothing. `isPatient`: takes
   * the result of a person's refresh that ended within the last 10 s.
   */
  forPerson(provider: Provider, isStillWanted: () => boolean, isPatient: boolean): Promise<RefreshResult>;
}

/** A person's refresh within that time of the last one's end answers with its result. */
export const SAME_RESULT_MS = 10_000;

export function createRuns({ catalog, clock, log, refresh, onEnd }: RunsDeps): Runs {
  const running = new Map<ProviderId, { readonly trigger: Trigger; readonly result: Promise<RefreshResult> }>();
  const lastForPerson = new Map<ProviderId, { readonly at: number; readonly result: RefreshResult }>();

  async function run(order: RefreshOrder): Promise<RefreshResult> {
    const { id } = order.provider;
    let result: RefreshResult;
    try {
      result = await refresh(order);
    } catch (error) {
      log.error({ error, provider: id }, "refresh failed unexpectedly");
      catalog.setFetching(id, false);
      result = { provider: id, outcome: "skipped", why: "it broke", added: 0, gone: 0, entry: catalog.entry(id) };
    }
    running.delete(id);
    onEnd(result);
    return result;
  }

  function start(order: RefreshOrder): Promise<RefreshResult> {
    const result = run(order);
    running.set(order.provider.id, { trigger: order.trigger, result });
    return result;
  }

  /**
   * The result that a person has just got. A list that waits for a second answer is asked for again: this is the
   * second.
   */
  function justShown(id: ProviderId): RefreshResult | undefined {
    const last = lastForPerson.get(id);
    if (last === undefined || last.result.outcome === "suspicious") return undefined;
    const ageMs = clock.now() - last.at;
    return ageMs >= 0 && ageMs < SAME_RESULT_MS ? { ...last.result, repeatedFrom: last.at } : undefined;
  }

  async function joinOrStart(provider: Provider, isStillWanted: () => boolean): Promise<RefreshResult> {
    const joined = running.get(provider.id);
    if (joined === undefined) return start({ provider, trigger: "person", minIntervalMs: 0, isStillWanted });
    const result = await joined.result;
    if (result.outcome !== "skipped" || joined.trigger === "person") return result;
    return joinOrStart(provider, isStillWanted);
  }

  return {
    isRunning: (id) => running.has(id),
    start,
    async forPerson(provider, isStillWanted, isPatient) {
      const shown = isPatient && !running.has(provider.id) ? justShown(provider.id) : undefined;
      if (shown !== undefined) return shown;
      const result = await joinOrStart(provider, isStillWanted);
      if (result.outcome !== "skipped") lastForPerson.set(provider.id, { at: clock.now(), result });
      return result;
    },
  };
}
