import { describe, expect, it } from "vitest";
import { createMessageCache } from "../../../../src/bot/web/playground/message-cache.js";
import { createMessageLog } from "../../../../src/bot/web/playground/message-log.js";
import { type MessageRow, messageRow } from "../../../../src/bot/web/playground/message-row.js";
import { createRowReader } from "../../../../src/store/damage-report.js";
import { memoryStore } from "../../../support/memory-store.js";

const row = (id: string, text: string): MessageRow => ({
  ...{ id, text, author: "bot", mark: null, reactions: [], controls: [], replyTo: null, at: 1 },
});
const texts = (count: number) => Array.from({ length: count }, (_, number) => `text ${number} ${"x".repeat(90)}`);

describe("createMessageCache()", () => {
  it("keeps the last saved messages within its bound, and every one that is not saved yet", async () => {
    const store = memoryStore(() => 0);
    const table = store.values("messages");
    const cache = createMessageCache(table, createRowReader(table, messageRow), { maxChars: 1_000, charsBeside: 0 });
    for (const [at, text] of texts(50).entries()) {
      await table.set(`c#${at}`, row(`${at}`, text));
      cache.keep(`c#${at}`, row(`${at}`, text));
      if (at % 10 === 0) await cache.change(`c#${at}`, (before) => ({ ...before, text: `${before.text}!` }));
    }
    const inMemory = Array.from({ length: 50 }, (_, at) => at).filter((at) => cache.peek(`c#${at}`) !== undefined);
    expect(inMemory).toEqual(expect.arrayContaining([0, 10, 20, 30, 40, 49]));
    expect(inMemory.length).toBeLessThan(20);
    expect((await cache.read("c#0"))?.text).toMatch(/!$/);
    expect((await cache.read("c#1"))?.text).toBe(texts(2)[1]);
    expect(cache.peek("c#1")).toBeDefined();
    await cache.save("c#0");
    expect(await table.get("c#0")).toMatchObject({ text: `${texts(1)[0]}!` });
  });

  it("counts what short messages take besides their texts", async () => {
    const table = memoryStore(() => 0).values("messages");
    const cache = createMessageCache(table, createRowReader(table, messageRow));
    for (let at = 0; at < 5_000; at++) cache.keep(`c#${at}`, row(`${at}`, "yes"));
    const inMemory = Array.from({ length: 5_000 }, (_, at) => at).filter((at) => cache.peek(`c#${at}`) !== undefined);
    expect(inMemory.length).toBeLessThan(500);
    expect(inMemory.at(-1)).toBe(4_999);
  });

  it("loses no change of several that read a message at the same time", async () => {
    const store = memoryStore(() => 0);
    await store.values("messages").set("c#1", row("1", ""));
    const table = store.values("messages");
    const cache = createMessageCache(table, createRowReader(table, messageRow));
    const add = (text: string) => cache.change("c#1", (before) => ({ ...before, text: before.text + text }));
    await Promise.all(["a", "b", "c"].map(add));
    expect(cache.peek("c#1")?.text).toBe("abc");
    await cache.remove("c#1");
    expect(await add("d")).toBeUndefined();
  });
});

describe("createMessageLog()", () => {
  it("reads a long channel page by page, newest page first, and numbers on after a restart", async () => {
    const store = memoryStore(() => 0);
    const open = async () => {
      const log = createMessageLog({ store, newId: () => "x" });
      await log.load();
      return log;
    };
    const log = await open();
    const { id: _id, ...message } = row("", "");
    for (const text of texts(250)) await log.add("c", { ...message, text });
    const again = await open();
    const last = await again.add("c", { ...message, text: "last" });
    expect(last.id).toBe("0000000251-x");
    const sizes: number[] = [];
    const read: string[] = [];
    for await (const page of again.pages("c")) {
      sizes.push(page.length);
      read.unshift(...page.map(({ text }) => text));
    }
    expect(sizes).toEqual([100, 100, 51]);
    expect(read).toEqual([...texts(250), "last"]);
  });
});
