import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { createListReader } from "../../src/providers/wire/list-reader.js";
import { createListThread, type ListThread } from "../../src/providers/wire/list-thread.js";
import { type ListNews, type ListOrder, listWork } from "../../src/providers/wire/list-work.js";
import { fakeClock, settle } from "../support/fake-clock.js";

const KB = 1024;
const MAX_BYTES = 8 * KB * KB;
const signal = () => new AbortController().signal;
const fat = (id: unknown, padding = 1_000) => ({ id, name: `Model ${id}`, junk: "x".repeat(padding) });
const listOf = (count: number) => Array.from({ length: count }, (_unused, row) => fat(`m${row}`));

function reader(options: { work?: typeof listWork; thread?: ListThread } = {}) {
  const clock = fakeClock();
  let threads = 0;
  const thread = options.thread ?? createListThread({ clock, ...(options.work && { work: options.work }) });
  const counted: ListThread = (...call) => {
    threads += 1;
    return thread(...call);
  };
  const list = createListReader("acme", ["id", "name", "pricing"], { clock, listThread: counted });
  const readAny = (body: unknown, terms: { maxBytes?: number; known?: string; signal?: AbortSignal } = {}) =>
    list.read(new Response(typeof body === "string" ? body : JSON.stringify(body)), {
      maxBytes: MAX_BYTES,
      signal: signal(),
      ...terms,
    });
  const read = async (...call: Parameters<typeof readAny>) => {
    const page = await readAny(...call);
    return { body: undefined, digest: undefined, ...page };
  };
  return { clock, read, threads: () => threads };
}

describe("createListReader()", () => {
  it("parses up to 256 KB here, and one byte more in another thread", async () => {
    const { read, threads } = reader();
    const padded = (bytes: number) => `{"data":[{"id":"a"}]${" ".repeat(bytes - 21)}}`;
    expect(await read(padded(256 * KB))).toMatchObject({ body: { data: [{ id: "a" }] }, bytes: 256 * KB });
    expect(threads()).toBe(0);
    expect(await read(padded(256 * KB + 1))).toMatchObject({ body: { data: [{ id: "a" }] }, bytes: 256 * KB + 1 });
    expect(threads()).toBe(1);
  });

  it.each([
    ["wrapped in data, with the way to the next page", { data: listOf(450), has_more: true, last_id: "m449" }, "data"],
    ["wrapped in models", { models: listOf(450) }, "models"],
    ["bare", listOf(450), null],
  ])("brings a large list %s, every row with what is read of it", async (_what, sent, field) => {
    const { body } = await reader().read(sent);
    const rows = (field === null ? body : (body as Record<string, unknown>)[field]) as unknown[];
    expect(rows).toHaveLength(450);
    expect(rows[449]).toEqual({ id: "m449", name: "Model m449" });
    if (field === "data") expect(body).toMatchObject({ has_more: true, last_id: "m449" });
  });

  it("hands over of a row's parts only what is read of them", async () => {
    const thread = createListThread({ clock: fakeClock() });
    const list = createListReader("acme", ["id", "pricing.prompt", "pricing.input", "top.x"], {
      clock: fakeClock(),
      listThread: thread,
    });
    const rows = [
      { id: "a", pricing: { prompt: "1", input: 2, image: "3" }, top: { y: 1 } },
      { id: "b", pricing: null, top: "text" },
      { id: "c", pricing: ["prompt"], top: { x: { deep: [1] } } },
    ];
    const sent = JSON.stringify({ data: rows, junk: "x".repeat(300 * KB) });
    const page = await list.read(new Response(sent), { maxBytes: MAX_BYTES, signal: signal() });
    const expected = [
      { id: "a", pricing: { prompt: "1", input: 2 } },
      { id: "b" },
      { id: "c", top: { x: { deep: [1] } } },
    ];
    expect(page).toMatchObject({ kind: "json", body: { data: expected } });
    expect(JSON.stringify(page)).not.toMatch(/image|"y"/);
  });

  it("keeps what makes a row bad", async () => {
    const rows = [null, 7, "text", [], fat("x".repeat(250)), fat(5), ...listOf(400)];
    const { body } = await reader().read({ data: rows });
    const ids = (body as { data: ({ id?: unknown } | null)[] }).data.slice(0, 6).map((row) => row?.id);
    expect(ids).toEqual([undefined, undefined, undefined, undefined, "x".repeat(250), 5]);
  });

  it.each([
    ["here", 2],
    ["in another thread", 450],
  ])("tells %s a body that is known from any other", async (_where, rows) => {
    const { read } = reader();
    const sent = { data: listOf(rows) };
    const { digest } = await read(sent);
    expect(digest).toHaveLength(44);
    expect(await read(sent, { known: `${digest}` })).toMatchObject({ kind: "known", body: undefined });
    const other = await read({ data: [...listOf(rows), fat("new")] }, { known: `${digest}` });
    expect(other.body).toMatchObject({ data: { length: rows + 1 } });
    expect(other.digest).not.toBe(digest);
  });

  it("puts characters together that were split over pieces", async () => {
    const bytes = Buffer.from(JSON.stringify({ data: [{ id: "漢字🌲" }], padding: "é".repeat(200 * KB) }));
    const pieces = Array.from({ length: Math.ceil(bytes.length / 1_001) }, (_unused, piece) =>
      bytes.subarray(piece * 1_001, (piece + 1) * 1_001),
    );
    const thread = createListThread({ clock: fakeClock() });
    const found = await thread(pieces, { fields: ["id"], maxRows: 10, signal: signal() });
    expect(found).toMatchObject({ kind: "list", rows: [{ id: "漢字🌲" }] });
  });

  it.each([
    ["a web page", `<!doctype html>${" ".repeat(300 * KB)}`, { kind: "no-json", isPage: true }],
    ["broken JSON", `{"data": [${" ".repeat(300 * KB)}`, { kind: "no-json", isPage: false }],
    ["an object that is no list", `{"status":"ok"${" ".repeat(300 * KB)}}`, { body: { status: "ok" } }],
  ])("tells %s that is large", async (_what, sent, expected) => {
    expect(await reader().read(sent)).toMatchObject(expected);
  });

  it("takes 8 MB and 10,000 models, and refuses one more of either", async () => {
    const whole = (bytes: number) => `{"data":[{"id":"a"}],"junk":"${"x".repeat(bytes - 31)}"}`;
    expect(await reader().read(whole(MAX_BYTES))).toMatchObject({ bytes: MAX_BYTES });
    await expect(reader().read(whole(MAX_BYTES + 1))).rejects.toMatchObject({
      reason: "malformed",
      message: `acme sent a model list of more than ${MAX_BYTES} bytes`,
    });
    const many = (count: number) => Array.from({ length: count }, (_unused, row) => fat(`m${row}`, 10));
    expect((await reader().read(many(10_000))).body).toHaveLength(10_000);
    await expect(reader().read(many(10_001))).rejects.toMatchObject({
      reason: "malformed",
      message: "acme sent a model list of more than 10000 models",
    });
  });

  it.each([
    ["dies", (() => process.exit(3)) as typeof listWork],
    [
      "throws",
      (() => {
        throw new Error("broken");
      }) as typeof listWork,
    ],
    [
      "runs out of memory",
      (() => {
        const all: unknown[] = [];
        for (;;) all.push(new Array(1_000).fill(Math.random()));
      }) as typeof listWork,
    ],
    ["says nothing that was asked", ((port) => port.postMessage({ kind: "rows", rows: [] })) as typeof listWork],
  ])("takes a thread that %s for an answer that cannot be read", { timeout: 30_000 }, async (_what, work) => {
    await expect(reader({ work }).read(listOf(400))).rejects.toMatchObject({
      reason: "malformed",
      message: "acme sent a model list that could not be read",
    });
  });

  it("ends a thread that hangs after 5 s, and reads the next list", async () => {
    const clock = fakeClock();
    const hanging = createListThread({
      clock,
      work: () => {
        for (;;);
      },
    });
    const { read } = reader({ thread: hanging });
    const ended = read(listOf(400)).catch((error: unknown) => error);
    await settle();
    await clock.advance(4_999);
    expect(clock.sleepers()).toBe(1);
    await clock.advance(1);
    expect(await ended).toMatchObject({ reason: "malformed" });
  });

  it("gives up at once when it is aborted, while it works and while it waits in line", async () => {
    const clock = fakeClock();
    const thread = createListThread({
      clock,
      work: () => {
        for (;;);
      },
    });
    const { read } = reader({ thread });
    const first = new AbortController();
    const second = new AbortController();
    const works = read(listOf(400), { signal: first.signal }).catch((error: unknown) => error);
    const waits = read(listOf(400), { signal: second.signal }).catch((error: unknown) => error);
    await settle();
    second.abort(new Error("the second"));
    first.abort(new Error("the first"));
    expect(await works).toEqual(new Error("the first"));
    expect(await waits).toEqual(new Error("the second"));
    expect(clock.sleepers()).toBe(0);
  });

  it("reads lists that wait for each other in one thread, and each whole", async () => {
    const { read } = reader();
    const bodies = await Promise.all([300, 700, 450].map((count) => read(listOf(count))));
    expect(bodies.map(({ body }) => (body as unknown[]).length)).toEqual([300, 700, 450]);
    expect(bodies[1]?.body).toContainEqual({ id: "m699", name: "Model m699" });
  });

  it("reads the next list after one that killed its thread", async () => {
    const work = ((port) => {
      port.on("message", (order) => {
        if (order.kind === "body" && order.maxRows === 1) process.exit(1);
        if (order.kind === "body") port.postMessage({ kind: "too-long" });
      });
    }) as typeof listWork;
    const thread = createListThread({ clock: fakeClock(), work });
    const ended = [1, 2].map((maxRows) =>
      thread([Buffer.from("[]")], { fields: [], maxRows, signal: signal() }).catch(() => "dead"),
    );
    expect(await Promise.all(ended)).toEqual(["dead", { kind: "too-long" }]);
  });
});

describe("listWork", () => {
  it("needs nothing but its own text", async () => {
    const worker = new Worker(`(${listWork.toString()})(require("node:worker_threads").parentPort, String)`, {
      eval: true,
    });
    const answer = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    worker.postMessage({ kind: "body", pieces: [Buffer.from("[1]")], fields: [], maxRows: 1, rowsAtOnce: 1 });
    expect(await answer).toMatchObject({ kind: "list", count: 1 });
    await worker.terminate();
  });

  it("hands over as many rows at once as it is asked to, and begins anew with the next list", () => {
    const sent: ListNews[] = [];
    let tell: (order: ListOrder) => void = () => {};
    const on = (_event: "message", listener: typeof tell) => {
      tell = listener;
    };
    listWork({ on, postMessage: (news) => void sent.push(news) }, String);
    const rowsOf = (news: ListNews | undefined) => (news?.kind === "rows" ? news.rows.length : undefined);
    for (let list = 0; list < 2; list++) {
      const pieces = [Buffer.from(JSON.stringify({ data: listOf(5) }))];
      tell({ kind: "body", pieces, fields: ["id"], maxRows: 5, rowsAtOnce: 3 });
      for (let more = 0; more < 3; more++) tell({ kind: "more" });
      expect(sent.splice(0).map(rowsOf)).toEqual([undefined, 3, 2, 0]);
    }
  });
});
