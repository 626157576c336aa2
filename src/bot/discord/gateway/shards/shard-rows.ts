import { z } from "zod";
import type { Store, Write } from "../../../../store/store.js";
import { type PlatformFinding, sharesLine } from "../../../port/platform-definition.js";
import { botKeyOf } from "../session-starts.js";

/** What another process needs to go on with a shard's session. */
const session = z.object({
  sessionId: z.string(),
  resumeURL: z.string(),
  sequence: z.number(),
  /** The bot's own ids, which only a new session tells. */
  userId: z.string(),
  applicationId: z.string(),
});
export type ShardSession = z.infer<typeof session>;

/** A shard: who has it, or had it last. */
const shardRow = z.object({ owner: z.string().nullable(), to: z.string().optional(), session: session.optional() });
export type ShardRow = z.infer<typeof shardRow>;

/** A replica that takes shards; `beat` is another with every sign of life. */
const replicaRow = z.object({ beat: z.number(), host: z.string() });
export type ReplicaRow = z.infer<typeof replicaRow>;

const serversRow = z.object({ ids: z.array(z.string()) });

export interface ShardTable {
  readonly replicas: ReadonlyMap<string, ReplicaRow>;
  readonly shards: ReadonlyMap<number, ShardRow>;
}

/** The rows of one bot: those of another token in the same store are not among them. */
export function shardRows(store: Pick<Store, "values">, token: string, shardCount: number) {
  const values = store.values("shards");
  const space = `${botKeyOf(token)}:${shardCount}`;
  const write = (key: string, value: unknown): Write => ({ table: "shards", key: `${space}:${key}`, value });
  return {
    claimName: (shard: number) => `discord-shard:${space}:${shard}`,
    /** @throws {StoreError} */
    async read(): Promise<ShardTable> {
      const replicas = new Map<string, ReplicaRow>();
      const shards = new Map<number, ShardRow>();
      for (const [key, value] of await values.entries(`${space}:`)) {
        const [kind, name = ""] = split(key.slice(space.length + 1));
        const [replica, shard] = [replicaRow.safeParse(value).data, shardRow.safeParse(value).data];
        if (kind === "replica" && replica !== undefined) replicas.set(name, replica);
        if (kind === "shard" && shard !== undefined) shards.set(Number(name), shard);
      }
      return { replicas, shards };
    },
    replica: (name: string, row: ReplicaRow | undefined) => write(`replica:${name}`, row),
    shard: (shard: number, row: ShardRow) => write(`shard:${shard}`, row),
    servers: (shard: number, ids: readonly string[]): Write => ({
      table: "shards",
      key: `${space}-servers:${shard}`,
      value: { ids },
    }),
    /** The servers of a shard when they were told last. @throws {StoreError} */
    readServers: async (shard: number): Promise<readonly string[]> =>
      serversRow.safeParse(await values.get(`${space}-servers:${shard}`)).data?.ids ?? [],
  };
}

const split = (key: string): readonly [kind: string, name: string] => {
  const at = key.indexOf(":");
  return [key.slice(0, at), key.slice(at + 1)];
};

/** The shard that tells of a server: https://discord.com/developers/docs/events/gateway#sharding-sharding-formula */
export const shardOf = (serverId: string, shardCount: number): number =>
  /^\d{1,20}$/.test(serverId) ? Number((BigInt(serverId) >> 22n) % BigInt(shardCount)) : 0;

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
