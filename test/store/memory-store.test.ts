import { type Store, StoreError } from "../../src/store/store.js";
import { describeBudgets } from "../contracts/budgets-contract.js";
import { describeStore, type StoreUnderTest } from "../contracts/store-contract.js";
import { memoryStore } from "../support/memory-store.js";

// The fake that other tests trust has to be as strict as what it stands for.
const open = async (): Promise<StoreUnderTest> => {
  let now = Date.UTC(2026, 0, 5, 12);
  const shared = memoryStore(() => now);
  const opening = (): Store => {
    const own = shared.another();
    let isClosed = false;
    const open = () => {
      if (isClosed) throw new StoreError("it is closed");
      return own;
    };
    return {
      values: (table) => ({
        get: async (key) => open().values(table).get(key),
        getMany: async (keys) => open().values(table).getMany(keys),
        set: async (key, value) => open().values(table).set(key, value),
        delete: async (key) => open().values(table).delete(key),
        entries: async (prefix) => open().values(table).entries(prefix),
        page: async (prefix, terms) => open().values(table).page(prefix, terms),
      }),
      write: async (writes) => open().write(writes),
      writeOnce: async (name, forMs, writes) => open().writeOnce(name, forMs, writes),
      swap: async (row, writes) => open().swap(row, writes),
      claim: async (name, terms) => open().claim(name, terms),
      commit: async (claim, writes) => open().commit(claim, writes),
      renew: async (claim, ttlMs) => open().renew(claim, ttlMs),
      purge: async () => open().purge(),
      close: async () => {
        isClosed = true;
      },
    };
  };
  return {
    store: opening(),
    openAgain: async () => opening(),
    advance: (ms) => {
      now += ms;
    },
    damage: async (table, key) => shared.damage(table, key),
    cleanup: () => shared.close(),
  };
};
describeStore("the store in memory", open);
describeBudgets("the store in memory", open, { isSlow: true });
