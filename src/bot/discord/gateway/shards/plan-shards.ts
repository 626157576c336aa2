import { z } from "zod";
import type { Log } from "../../../../base/log.js";
import { hasEnded } from "../../../../store/process-owner.js";
import type { Store } from "../../../../store/store.js";
import { botKeyOf } from "../session-starts.js";
import { shardRows } from "./shard-rows.js";

/** Who has a shard, as the store tells. */
export interface ShardFacts {
  readonly shard: number;
  /** The replica that has it; undefined where none has, or the one that had it has ended. */
  readonly holder: string | undefined;
  /** The replica that it was handed over to and that has not taken it yet. */
  readonly to?: string | undefined;
  /** Whether it was free at the previous look as well. */
  readonly isLeft?: boolean;
}

export interface ShardPlan {
  /** Shards to claim now. */
  readonly take: readonly number[];
  /** How many of the own shards go to which replica, in this order. */
  readonly giveTo: readonly string[];
}

/**
 * Decides what one replica claims and hands over, so that all replicas come to shares that differ by one at most. Those
 * that have the most keep the larger shares, so that nothing moves without need. A shard that nobody takes although its
 * turn has come goes to whoever looks next: a share is never a reason for a shard without a replica.
 */
export function planShards(own: string, alive: readonly string[], shards: readonly ShardFacts[]): ShardPlan {
  const replicas = [...new Set([own, ...alive])].map((name) => ({
    name,
    held: shards.filter(({ holder }) => holder === name).length,
  }));
  replicas.sort((a, b) => b.held - a.held || (a.name < b.name ? -1 : 1));
  const [share, rest] = [Math.floor(shards.length / replicas.length), shards.length % replicas.length];
  const over = replicas.map(({ name, held }, index) => ({ name, count: held - share - (index < rest ? 1 : 0) }));
  const givers = over.flatMap(({ name, count }) => Array<string>(Math.max(0, count)).fill(name));
  const takers = over.flatMap(({ name, count }) => Array<string>(Math.max(0, -count)).fill(name));
  const free = shards.filter(({ holder }) => holder === undefined);
  const isFor = ({ to }: ShardFacts, name: string) => to === undefined || to === name || !alive.includes(to);
  const wanted = takers.filter((name) => name === own).length;
  const fitting = free.filter((facts) => isFor(facts, own));
  const first = fitting.filter(({ to }) => to === own);
  const others = fitting.filter(({ to }) => to !== own).slice(0, Math.max(0, wanted - first.length));
  const left = free.filter(({ isLeft }) => isLeft === true);
  return {
    take: [...new Set([...first, ...others, ...left])].map(({ shard }) => shard).sort((a, b) => a - b),
    // What is free comes before what others would have to hand over.
    giveTo: givers.flatMap((name, index) => (name === own ? (takers.slice(free.length)[index] ?? []) : [])),
  };
}

export interface ShardCountDeps {
  readonly store: Pick<Store, "values" | "write">;
  readonly token: string;
  readonly log: Log;
}

const botRow = z.object({ shards: z.number() });

/**
 * Returns how many shards all replicas together run: as many as are `wanted`, and otherwise as many as Discord
 * recommends. That grows with the servers, but the count of replicas that run already stays until all were stopped: of
 * two counts at the same time, each would get every event. @throws {StoreError}
 */
export async function chooseShardCount(
  { store, token, log }: ShardCountDeps,
  wanted: number | undefined,
  recommended: number,
): Promise<number> {
  if (wanted !== undefined) return wanted;
  const key = botKeyOf(token);
  const running = botRow.safeParse(await store.values("shards").get(key)).data?.shards;
  if (running === recommended) return recommended;
  if (running !== undefined) {
    const { replicas } = await shardRows(store, token, running).read();
    if ([...replicas.keys()].some((name) => !hasEnded(name))) {
      log.warn({ running, recommended }, "discord: other replicas run another count of shards than Discord recommends");
      return running;
    }
  }
  await store.write([{ table: "shards", key, value: { shards: recommended } }]);
  return recommended;
}
