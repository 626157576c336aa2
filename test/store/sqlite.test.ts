import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "sqlite3";
import { createSqliteStore } from "../../src/store/sqlite/sqlite.js";
import { describeBudgets } from "../contracts/budgets-contract.js";
import { describeStore, type StoreUnderTest } from "../contracts/store-contract.js";

let now = 0;
const definition = createSqliteStore({ now: () => now });

const open = async (): Promise<StoreUnderTest> => {
  now = Date.UTC(2026, 0, 5, 12);
  const folder = mkdtempSync(join(tmpdir(), "evergreen-store-"));
  const path = join(folder, "data.sqlite");
  const openAgain = () => definition.open(`sqlite://${path}`);
  const store = await openAgain();
  return {
    store,
    openAgain,
    advance: (ms) => {
      now += ms;
    },
    async damage(table, key) {
      const connection = connect(path);
      connection.all(`update "${table}" set value = '{"value":' where key = ?`, key);
      connection.close();
    },
    async cleanup() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
};
describeStore("SQLite", open);
describeBudgets("SQLite", open);
