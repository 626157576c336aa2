/** The answers and channels that share one rate-limit bucket: whose turn it is, and how many answers still grow. */
export interface Flows {
  /** The number of a flow's last call; -1 for one that had none. */
  servedAt(flow: string): number;
  /** A call of this flow goes out, as call number `order`; `isGrowing`: more of its answer is to come. */
  serve(flow: string, order: number, isGrowing: boolean, now: number): void;
  /** Answers that still grow: each needs a call for its last text. */
  growing(now: number): number;
  /** Takes in the flows of a bucket that turned out to be the same. */
  absorb(other: Flows): void;
  readonly state: FlowsState;
}

interface FlowsState {
  /** The number of each flow's last call, ascending. */
  readonly served: Map<string, number>;
  /** Until when each growing flow is waited for, ascending. */
  readonly live: Map<string, number>;
}

/** An answer that shows nothing new for so long is not waited for with a call of its own. */
const LIVE_MS = 180_000;
/** Above this many flows per bucket, finished flows are evicted. */
const MOST_FLOWS = 200;

export function createFlows(): Flows {
  const served = new Map<string, number>();
  const live = new Map<string, number>();
  let evictAbove = MOST_FLOWS;

  const setLast = (map: Map<string, number>, flow: string, value: number) => {
    map.delete(flow);
    map.set(flow, value);
  };
  const evict = () => {
    for (const flow of served.keys()) if (!live.has(flow)) served.delete(flow);
    evictAbove = Math.max(MOST_FLOWS, 2 * served.size);
  };
  return {
    state: { served, live },
    servedAt: (flow) => served.get(flow) ?? -1,
    serve(flow, order, isGrowing, now) {
      if (isGrowing) setLast(live, flow, now + LIVE_MS);
      else live.delete(flow);
      setLast(served, flow, order);
      if (served.size > evictAbove) evict();
    },
    growing(now) {
      for (const [flow, liveUntil] of live) {
        if (liveUntil > now) break;
        live.delete(flow);
      }
      return live.size;
    },
    absorb({ state }) {
      for (const [map, more] of [
        [served, state.served],
        [live, state.live],
      ] as const) {
        const all = [...map, ...more].sort(([, a], [, b]) => a - b);
        map.clear();
        for (const [flow, value] of all) setLast(map, flow, value);
      }
    },
  };
}
