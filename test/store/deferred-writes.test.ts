import { expect, it } from "vitest";
import { deferWrites } from "../../src/store/deferred-writes.js";
import { StoreError } from "../../src/store/store.js";
import { fakeClock, settle } from "../support/fake-clock.js";
import { memoryStore } from "../support/memory-store.js";

function setup() {
  const memory = memoryStore(fakeClock().now);
  const warnings: unknown[] = [];
  const { store, defer } = deferWrites(memory, { warn: (fields: unknown) => void warnings.push(fields) });
  const close = (key: string) => defer("open", () => store.write([{ table: "open", key, value: undefined }]));
  return { memory, store, defer, close, warnings };
}

it("a write that was put off goes before the next one, in the order in which they were put off", async () => {
  const { memory, store, close } = setup();
  await store.write([{ table: "open", key: "a", value: 1 }]);
  close("a");
  await settle();
  expect(memory.peek("open", "a")).toBe(1);
  await store.values("open").set("a", 2);
  expect(memory.peek("open", "a")).toBe(2);
  close("a");
  await store.claim("name", { ttlMs: 1_000 });
  expect(memory.peek("open", "a")).toBeUndefined();
});

it("a write that was put off is seen by who reads its table, and holds up no other", async () => {
  const { memory, store, close } = setup();
  await store.write([{ table: "open", key: "a", value: 1 }]);
  close("a");
  await store.values("turns").get("b");
  expect(memory.peek("open", "a")).toBe(1);
  expect(await store.values("open").entries()).toEqual([]);
});

it("a write that was put off is stored before the store closes", async () => {
  const { memory, store, close } = setup();
  await store.write([{ table: "open", key: "a", value: 1 }]);
  close("a");
  await store.close();
  expect(memory.peek("open", "a")).toBeUndefined();
});

it("a write that was put off is tried again with the next write, unless no retry can help", async () => {
  const { memory, store, close, defer, warnings } = setup();
  await store.write([{ table: "open", key: "a", value: 1 }]);
  close("a");
  memory.breakDown();
  await expect(store.write([])).rejects.toThrow(StoreError);
  memory.recover();
  expect(memory.peek("open", "a")).toBe(1);
  await store.write([]);
  expect(memory.peek("open", "a")).toBeUndefined();
  let attempts = 0;
  defer("open", async () => {
    attempts += 1;
    throw new Error("never");
  });
  await store.write([]);
  await store.write([]);
  expect(attempts).toBe(1);
  expect(warnings).toHaveLength(1);
});
