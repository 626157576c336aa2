import { describe, expect, it } from "vitest";
import { createCatalog, identityOf } from "../../../src/refresh/catalog/catalog.js";
import type { CatalogEntry } from "../../../src/refresh/catalog/catalog-entry.js";
import { nextEntry } from "../../../src/refresh/catalog/next-entry.js";
import { fakeClock } from "../../support/fake-clock.js";
import { modelRow } from "../../support/fake-provider.js";
import { memoryStore } from "../../support/memory-store.js";

const log = { debug() {}, info() {}, warn() {}, error() {} };
const source = { id: "openai", baseUrl: "https://api.example", key: "k" };
const TIMES = { attemptedAt: 1, answeredAt: 2 };
const listed = (before: Parameters<typeof nextEntry>[0], ids: readonly string[]) => ({
  entry: nextEntry(before, { outcome: "ok", models: ids.map(modelRow) }, TIMES),
});

function world(store = memoryStore(fakeClock().now)) {
  return { store, catalog: createCatalog({ providers: [source], store, log }) };
}

describe("createCatalog", () => {
  it("has every configured provider from the start", () => {
    const { catalog } = world();
    expect([...catalog.snapshot().providers.keys()]).toEqual(["openai"]);
    expect(catalog.lists()).toEqual({});
    expect(() => catalog.entry("other")).toThrow(/no provider "other"/);
  });

  it("leaves an older snapshot as it was", () => {
    const { catalog } = world();
    const before = catalog.snapshot();
    catalog.setFetching("openai", true);
    catalog.put("openai", listed(catalog.entry("openai"), ["a"]));
    expect(before.fetching.size).toBe(0);
    expect(before.providers.get("openai")?.fetchedAt).toBeNull();
    expect(catalog.snapshot().fetching.size).toBe(0);
    expect(catalog.lists()).toEqual({ openai: [{ id: "a", isChat: true }] });
  });

  it("tells of what changed, and of nothing else", async () => {
    const { catalog } = world();
    let told = 0;
    catalog.onChange(() => {
      told += 1;
    });
    catalog.setFetching("openai", true);
    catalog.setFetching("openai", true);
    expect(told).toBe(1);
    await catalog.pickUp();
    expect(told).toBe(1);
    catalog.put("openai", { entry: catalog.entry("openai") });
    expect(told).toBe(2);
  });
});

describe("pickUp()", () => {
  it("reads a list only when it was stored anew", async () => {
    const { store, catalog } = world();
    await store.write(catalog.writesFor("openai", listed(catalog.entry("openai"), ["a"]), 1));
    const reader = world(store).catalog;
    await reader.pickUp();
    const { models } = reader.entry("openai");
    const calls = store.calls();
    await reader.pickUp();
    expect(store.calls() - calls).toBe(1);
    expect(reader.entry("openai").models).toBe(models);
    await store.write(catalog.writesFor("openai", listed(catalog.entry("openai"), ["b"]), 2));
    await reader.pickUp();
    expect(reader.entry("openai").models).toEqual([modelRow("b")]);
  });

  it("does not put an older list over the one that was stored while it read", async () => {
    const { store, catalog } = world();
    await store.write(catalog.writesFor("openai", listed(catalog.entry("openai"), ["old"]), 1));
    const picking = catalog.pickUp();
    await Promise.resolve();
    catalog.put("openai", listed(catalog.entry("openai"), ["new"]), 2);
    await picking;
    expect(catalog.entry("openai").models).toEqual([modelRow("new")]);
  });
});

describe("what is stored of a list", () => {
  const keysOf = (writes: readonly { readonly key: string }[]) => writes.map(({ key }) => key);
  const again = (entry: CatalogEntry) => ({ entry: { ...entry, fetchedAt: 3, attemptedAt: 3 } });

  it("is written when it changes, and by itself", async () => {
    const { store, catalog } = world();
    const first = listed(catalog.entry("openai"), ["a"]);
    const writes = catalog.writesFor("openai", first, 1);
    expect(keysOf(writes)).toEqual(["openai", "list:openai", "fence:openai"]);
    await store.write(writes);
    catalog.put("openai", first, 1);
    const unchanged = catalog.writesFor("openai", again(catalog.entry("openai")), 2);
    expect(keysOf(unchanged)).toEqual(["openai", "fence:openai"]);
    expect(JSON.stringify(unchanged)).not.toContain("isChat");
    const changed = catalog.writesFor("openai", listed(catalog.entry("openai"), ["b"]), 3);
    expect(keysOf(changed)).toContain("list:openai");
  });

  it("is written with the next attempt where only memory has it", () => {
    const { catalog } = world();
    catalog.put("openai", listed(catalog.entry("openai"), ["a"])); // the store was down
    expect(keysOf(catalog.writesFor("openai", again(catalog.entry("openai")), 2))).toContain("list:openai");
  });

  it("is not read again by a replica that has it", async () => {
    const { store, catalog } = world();
    const first = listed(catalog.entry("openai"), ["a"]);
    await store.write(catalog.writesFor("openai", first, 1));
    catalog.put("openai", first, 1);
    const reader = world(store).catalog;
    await reader.pickUp();
    const { models } = reader.entry("openai");
    const next = again(catalog.entry("openai"));
    await store.write(catalog.writesFor("openai", next, 2));
    store.damage("models", "list:openai"); // nobody looks
    await reader.pickUp();
    expect(reader.entry("openai")).toEqual({ ...next.entry, models });
    expect(reader.entry("openai").models).toBe(models);
    // And it goes on from there.
    expect(keysOf(reader.writesFor("openai", again(reader.entry("openai")), 3))).not.toContain("list:openai");
  });

  it("is read from a row of an older version, and written apart from then on", async () => {
    const { store, catalog } = world();
    const { entry } = listed(catalog.entry("openai"), ["a"]);
    await store.values("models").set("openai", entry);
    await store.values("models").set("fence:openai", 1);
    await catalog.pickUp();
    expect(catalog.entry("openai")).toEqual(entry);
    expect(keysOf(catalog.writesFor("openai", again(entry), 2))).toContain("list:openai");
  });

  it.each([
    ["is not there", undefined],
    ["is damaged", { fence: 1 }],
    ["is an older one", { fence: 0, models: [modelRow("old")] }],
  ])("is fetched anew where it %s", async (_what, list) => {
    const { store, catalog } = world();
    const first = listed(catalog.entry("openai"), ["a"]);
    await store.write(catalog.writesFor("openai", first, 1));
    await store.write([{ table: "models", key: "list:openai", value: list }]);
    const reader = world(store).catalog;
    await reader.pickUp();
    expect(reader.entry("openai").fetchedAt).toBeNull();
    expect(keysOf(reader.writesFor("openai", first, 2))).toContain("list:openai");
  });

  it("is taken with the next look where another one was stored between the two reads", async () => {
    const { store, catalog } = world();
    const first = listed(catalog.entry("openai"), ["a"]);
    await store.write(catalog.writesFor("openai", first, 1));
    const second = catalog.writesFor("openai", listed(first.entry, ["b"]), 2);
    let reads = 0;
    const values: typeof store.values = (table) => ({
      ...store.values(table),
      async getMany(keys) {
        reads += 1;
        if (reads === 3) await store.write(second);
        return store.values(table).getMany(keys);
      },
    });
    const reader = createCatalog({ providers: [source], store: { ...store, values }, log });
    await reader.pickUp();
    expect(reader.entry("openai").fetchedAt).toBeNull();
    await reader.pickUp();
    expect(reader.entry("openai").models).toEqual([modelRow("b")]);
  });
});

describe("identityOf", () => {
  it("differs by provider, address and key, and shows neither address nor key", () => {
    const identities = [
      source,
      { ...source, id: "groq" },
      { ...source, baseUrl: "https://other.example" },
      { ...source, key: "other" },
      { ...source, key: undefined },
    ].map(identityOf);
    expect(new Set(identities).size).toBe(5);
    expect(identities[0]).toBe(identityOf({ ...source }));
    expect(identities[0]).toMatch(/^openai:[0-9a-f]{32}$/);
  });
});
