import { z } from "zod";
import type { Log } from "../../../../base/log.js";
import { hasEnded } from "../../../../store/process-owner.js";
import type { Store } from "../../../../store/store.js";
import { botKeyOf } from "../session-starts.js";
import { shardRows } from "./shard-rows.js";

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
