import type { StoreDefinition } from "../store.js";
import type { PostgresDeps } from "./postgres-store.js";

/** A store in a PostgreSQL (13 or later) database, for replicas on several machines. */
export function createPostgresStore(deps: PostgresDeps = {}): StoreDefinition {
  return {
    schemes: ["postgres", "postgresql"],
    // Its client is loaded only where it is used: no other start has to pay for it.
    open: async (url) => (await import("./postgres-store.js")).openPostgresStore(url, deps),
  };
}

export const postgresStore: StoreDefinition = createPostgresStore();
