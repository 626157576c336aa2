import type { Store } from "../../../../store/store.js";
import { sharesLine } from "../../../port/event-shares.js";
import type { PlatformFinding } from "../../../port/platform-definition.js";
import { botKeyOf } from "../session-starts.js";
import { shardRows } from "./shard-rows.js";

/** Which replica has which shards, for every count of shards that replicas run now. @throws {StoreError} */
export async function checkShards(store: Pick<Store, "values">, token: string): Promise<readonly PlatformFinding[]> {
  const bot = botKeyOf(token);
  const keys = (await store.values("shards").entries(`${bot}:`)).map(([key]) => key.split(":"));
  const counts = [...new Set(keys.flatMap(([, count, kind]) => (kind === "replica" ? Number(count) : [])))];
  const findings = counts.map(async (count): Promise<PlatformFinding> => {
    const { replicas, shards } = await shardRows(store, token, count).read();
    const holders = [...replicas].map(([name, { host }]) => ({
      host,
      isOwn: false,
      shards: [...shards].filter(([, { owner }]) => owner === name).map(([shard]) => shard),
    }));
    const held = holders.reduce((sum, { shards: own }) => sum + own.length, 0);
    const all = held === count ? "" : `; ${count - held} have no replica now, which should pass within 40 s`;
    return { isFine: held === count, text: `discord: ${sharesLine({ count, replicas: holders })}${all}` };
  });
  return Promise.all(findings);
}
