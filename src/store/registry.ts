import { postgresStore } from "./postgres/postgres.js";
import { redisStore } from "./redis/redis.js";
import { sqliteStore } from "./sqlite/sqlite.js";
import type { StoreDefinition } from "./store.js";

/** Every store there is; a new one is its file and a line here. */
export const storeDefinitions: readonly StoreDefinition[] = [sqliteStore, redisStore, postgresStore];
