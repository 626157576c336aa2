import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { isUsableId, type ModelRow, readRows } from "../../../src/providers/lists/model-rows.js";
import { createListModels, validatorsOf } from "../../../src/providers/lists/read-list.js";
import type { HeldList, ListNotes } from "../../../src/providers/provider.js";
import { fakeClock } from "../../support/fake-clock.js";
import { type ListAnswer, startListServer } from "../../support/list-server.js";

const signal = () => new AbortController().signal;
const ids = (count: number) => Array.from({ length: count }, (_unused, row) => ({ id: `m${row}` }));

const readId = ({ id }: ModelRow) => (isUsableId(id) ? { id, isChat: true } : undefined);

async function rowsOf(rows: readonly unknown[]) {
  const warnings: string[] = [];
  const found = await readRows("acme", rows, readId, (text) => void warnings.push(text));
  return { ...found, warnings };
}

const servers: { close(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A list whose pages come over a socket. */
async function listOf(answer: (asked: number) => ListAnswer, held?: HeldList) {
  const server = await startListServer(answer);
  servers.push(server);
  const source = {
    provider: "acme",
    key: undefined,
    headers: {},
    pageUrl: () => server.url,
    fields: ["id"],
    readRow: readId,
  };
  const listModels = createListModels(source, { clock: fakeClock(), warn: () => {} });
  const whole = async () => {
    let notes: ListNotes | undefined;
    const note = (told: ListNotes) => {
      notes = told;
    };
    const models = await listModels(signal(), { note, held });
    return { models, validators: notes?.validators };
  };
  return { whole, read: async () => (await whole()).models, requests: server.requests };
}

/** So many pages, each with one row, from a provider that never says it is over. */
const pagesOf = (count: number, page = (number: number): unknown => [{ id: `m${number}` }], held?: HeldList) =>
  listOf((asked) => {
    const body = { data: page(asked), has_more: asked < count, last_id: `m${asked}` };
    return { body: JSON.stringify(body), headers: { etag: `"${asked}"` } };
  }, held);

describe("readRows()", () => {
  it("refuses a list only if more than half of its rows, and at least three, are bad, or all", async () => {
    const kept = await rowsOf([...ids(3), {}, null, "text"]);
    expect(kept).toMatchObject({ models: { length: 3 }, droppedRows: 3, warnings: { length: 1 } });
    await expect(rowsOf([...ids(2), {}, null, "text"])).rejects.toMatchObject({
      reason: "malformed",
      message: "acme sent a model list in which 3 of 5 rows have no usable id",
    });
    expect(await rowsOf([...ids(1), {}, null])).toMatchObject({ models: { length: 1 }, droppedRows: 2 });
    await expect(rowsOf([{}, null])).rejects.toMatchObject({ message: expect.stringContaining("2 of 2 rows") });
  });

  it("takes each id once, the first one's row", async () => {
    const { models, droppedRows } = await rowsOf([{ id: "a" }, { id: "b" }, { id: "a" }]);
    expect(models.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(droppedRows).toBe(0);
  });

  it("takes 10,000 models and refuses one more", async () => {
    expect((await rowsOf(ids(10_000))).models).toHaveLength(10_000);
    await expect(rowsOf(ids(10_001))).rejects.toMatchObject({
      message: "acme sent a model list of more than 10000 models",
    });
  });

  it("lets others run between the rows of a long list", async () => {
    let turns = 0;
    let next: NodeJS.Immediate;
    const count = () => {
      turns += 1;
      next = setImmediate(count);
    };
    next = setImmediate(count);
    await rowsOf(ids(10_000));
    clearImmediate(next);
    expect(turns).toBeGreaterThan(40);
  });

  it.each([
    ["x".repeat(200), true],
    ["x".repeat(201), false],
    ["a b", true],
    [" a", false],
    ["", false],
    ["a\u0000", false],
    ["a\u009fb", false],
    ["a\u200bb", false],
    ["a\u00a0b", false],
    ["\ufeffa", false],
    ["a\u00adb", false],
    ["a\u202eb", false],
    ["a\u3164b", false],
    ["a\u2800", false],
    ["a\ud800", false],
    ["qwen3-\u{1f600}", true],
    ["\u043c\u043e\u0434\u0435\u043b\u044c", true],
    ["\u6a21\u578b-7b", true],
    [7, false],
  ])("says of the id %j that it is usable: %s", (id, expected) => {
    expect(isUsableId(id)).toBe(expected);
  });
});

describe("createListModels()", () => {
  it("takes 20 pages and refuses a list that goes on", async () => {
    const twenty = await pagesOf(20);
    expect(await twenty.read()).toHaveLength(20);
    const endless = await pagesOf(21);
    await expect(endless.read()).rejects.toMatchObject({
      reason: "malformed",
      message: "acme sent a model list of more than 20 pages",
    });
    expect(endless.requests).toHaveLength(20);
  });

  it("ends with an empty page, and counts models over all pages", async () => {
    const empty = await pagesOf(20, (number) => (number < 3 ? [{ id: `m${number}` }] : []));
    expect(await empty.read()).toHaveLength(2);
    const full = await pagesOf(3, () => ids(5_000));
    await expect(full.read()).rejects.toMatchObject({ message: expect.stringContaining("more than 10000 models") });
    expect(full.requests).toHaveLength(3);
  });

  it("counts bytes over all pages", async () => {
    const fat = await pagesOf(20, (number) => [{ id: `m${number}`, junk: "x".repeat(1_000_000) }]);
    await expect(fat.read()).rejects.toMatchObject({ message: expect.stringContaining("more than 8388608 bytes") });
    expect(fat.requests).toHaveLength(9);
  });
});

describe("createListModels() with validators", () => {
  const held = { models: [{ id: "m1", isChat: true }], validators: { etag: '"0"', lastModified: "yesterday" } };

  it("takes those of a list of one page, and none of a list of several", async () => {
    const one = await pagesOf(1);
    expect((await one.whole()).validators).toEqual({ etag: '"1"', digest: expect.any(String) });
    const two = await pagesOf(2);
    expect((await two.whole()).validators).toBeUndefined();
  });

  it("asks with them for the first page only", async () => {
    const two = await pagesOf(2, undefined, held);
    await two.whole();
    const [first, second] = two.requests;
    expect(first).toMatchObject({ "if-none-match": '"0"', "if-modified-since": "yesterday" });
    expect(Object.keys(second ?? {}).filter((name) => name.startsWith("if-"))).toEqual([]);
  });

  it("refuses to hear of a later page that it is unchanged", async () => {
    const first = JSON.stringify({ data: [{ id: "m1" }], has_more: true, last_id: "m1" });
    const list = await listOf((asked) => (asked === 1 ? { body: first } : { status: 304 }), held);
    await expect(list.read()).rejects.toMatchObject({ reason: "malformed" });
    expect(list.requests).toHaveLength(2);
  });

  it.each([
    ["an endless one", `"${"x".repeat(500)}"`],
    ["one that is not plain text", '"\u00e9"'],
    ["an empty one", ""],
  ])("does without %s", (_what, etag) => {
    expect(validatorsOf(new Headers({ etag }), "d")).toEqual({ digest: "d" });
  });
});

describe("a list that is packed", () => {
  it("may have 8 MB unpacked, however small it travels", async () => {
    const packed = gzipSync(`{"data":[],"junk":"${" ".repeat(9 * 1024 * 1024)}"}`);
    expect(packed.byteLength).toBeLessThan(100_000);
    const list = await listOf(() => ({ body: packed, headers: { "content-encoding": "gzip" } }));
    await expect(list.read()).rejects.toMatchObject({
      reason: "malformed",
      message: expect.stringContaining("more than 8388608 bytes"),
    });
  });
});
