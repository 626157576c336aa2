import { Pool } from "pg";
import { afterAll, describe } from "vitest";
import { createPostgresStore } from "../../src/store/postgres.js";
import { describeStore } from "../contracts/store-contract.js";
import { startPostgres } from "../support/postgres-server.js";

const server = await startPostgres();

describe.skipIf(server === undefined)("postgresStore", () => {
  const url = server?.url ?? "";
  const raw = new Pool({ connectionString: url });
  raw.on("error", () => {});
  afterAll(async () => {
    await raw.end();
    await server?.remove();
  });

  describeStore("PostgreSQL", async () => {
    let now = Date.UTC(2026, 0, 5, 12);
    const openAgain = () => createPostgresStore({ now: () => now }).open(url);
    const store = await openAgain();
    await raw.query("truncate evergreen_rows, evergreen_claims, evergreen_once");
    return {
      store,
      openAgain,
      advance: (ms) => {
        now += ms;
      },
      damage: async (table, key) =>
        void (await raw.query("update evergreen_rows set value = '{\"value\":' where tbl = $1 and key = $2", [
          table,
          key,
        ])),
      cleanup: () => store.close(),
    };
  });
});
