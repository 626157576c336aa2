import type { StoreDefinition } from "../store.js";
import type { RedisDeps } from "./redis-store.js";

/** A store in a Redis (6 or later) or Valkey server, for replicas on several machines. */
export function createRedisStore(deps: RedisDeps = {}): StoreDefinition {
  return {
    schemes: ["redis", "rediss"],
    // Its client is loaded only where it is used: it would cost every other start some 50 ms.
    open: async (url) => (await import("./redis-store.js")).openRedisStore(url, deps),
  };
}

export const redisStore: StoreDefinition = createRedisStore();
