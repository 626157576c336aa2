import { Pool } from "pg";
import { afterAll, describe } from "vitest";
import { createPostgresStore, postgresStore } from "../../src/store/postgres/postgres.js";
import { describeBudgets } from "../contracts/budgets-contract.js";
import { describeServerStore } from "../contracts/server-store-contract.js";
import { describeStore, type StoreUnderTest } from "../contracts/store-contract.js";
import { describeStoreProcesses } from "../contracts/store-processes-contract.js";
import { POSTGRES_PASSWORD, startPostgres } from "../support/postgres-server.js";

const server = await startPostgres();

describe.skipIf(server === undefined)("postgresStore", () => {
  const url = server?.url ?? "";
  const raw = new Pool({ connectionString: url });
  raw.on("error", () => {});
  afterAll(async () => {
    await raw.end();
    await server?.remove();
  });

  const open = async (): Promise<StoreUnderTest> => {
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
  };
  describeStore("PostgreSQL", open);
  describeBudgets("PostgreSQL", open);

  const empty = async () =>
    void (await raw.query("drop table if exists evergreen_rows, evergreen_claims, evergreen_once, evergreen_schema"));
  describeStoreProcesses("PostgreSQL", postgresStore, async () => {
    await empty();
    return url;
  });

  describeServerStore("PostgreSQL", {
    server: () => server as NonNullable<typeof server>,
    definition: postgresStore,
    password: POSTGRES_PASSWORD,
    empty,
    dropConnections: async () =>
      void (await raw.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'evergreen'",
      )),
    setSchema: async (version) => void (await raw.query("update evergreen_schema set version = $1", [version])),
    refusals: [
      [
        "a wrong password",
        (url) => {
          url.password = "wrong";
        },
        /refuses the user name or password/,
      ],
      [
        "a wrong user",
        (url) => {
          url.username = "nobody-of-that-name";
        },
        /refuses the user name or password/,
      ],
      [
        "a database that is not there",
        (url) => {
          url.pathname = "/missing";
        },
        /has no such database; create it/,
      ],
      [
        "a server without TLS",
        (url) => {
          url.search = "?sslmode=require";
        },
        /no safe connection .*TLS/,
      ],
    ],
  });
});
