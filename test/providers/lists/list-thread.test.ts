import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Worker } from "node:worker_threads";
import zlib from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createListThread, type ListThread, type PageRequest } from "../../../src/providers/lists/list-thread.js";
import type { ParsedPage } from "../../../src/providers/lists/parse-page.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import { type ListAnswer, startListServer } from "../../support/list-server.js";

const KB = 1024;
const MAX_BYTES = 8 * KB * KB;
const signal = () => new AbortController().signal;
const fat = (id: unknown, padding = 1_000) => ({ id, name: `Model ${id}`, junk: "x".repeat(padding) });
const listOf = (count: number) => Array.from({ length: count }, (_unused, row) => fat(`m${row}`));

let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

/** Reads what a service on a socket sends. */
function reader({ fields = ["id", "name", "pricing"], ...options }: { fields?: string[]; thread?: ListThread } = {}) {
  const thread = options.thread ?? createListThread({ clock: fakeClock() });
  const get = (url: string, terms: Partial<PageRequest> = {}, called = signal()) =>
    thread.read({ url, headers: {}, fields, maxRows: 10_000, maxBytes: MAX_BYTES, ...terms }, called);
  const readAnswer = async (answer: ListAnswer, terms: Partial<PageRequest> = {}) => {
    const server = await startListServer(() => answer);
    closing.push(server.close);
    return get(server.url, terms);
  };
  /** The page that a body is parsed to. */
  const read = async (body: unknown, terms?: Partial<PageRequest>): Promise<ParsedPage> => {
    const answer = await readAnswer({ body: typeof body === "string" ? body : JSON.stringify(body) }, terms);
    if (answer.kind !== "page") throw new Error(`no page but ${answer.kind}`);
    return answer.page;
  };
  return { get, read, readAnswer };
}

const rowsOf = (page: ParsedPage) => (page.kind === "list" ? page.rows : []) as { id?: unknown }[];

describe("createListThread()", () => {
  it.each([
    ["wrapped in data, with the way to the next page", { data: listOf(450), has_more: true, last_id: "m449" }],
    ["wrapped in models", { models: listOf(450) }],
    ["bare", listOf(450)],
  ])("brings a large list %s, every row with what is read of it", async (_what, sent) => {
    const page = await reader().read(sent);
    expect(rowsOf(page)).toHaveLength(450);
    expect(rowsOf(page)[449]).toEqual({ id: "m449", name: "Model m449" });
    if ("has_more" in sent) expect(page).toMatchObject({ rest: { has_more: true, last_id: "m449" } });
  });

  it("hands over of a row's parts only what is read of them", async () => {
    const { read } = reader({ fields: ["id", "pricing.prompt", "pricing.input", "top.x"] });
    const rows = [
      { id: "a", pricing: { prompt: "1", input: 2, image: "3" }, top: { y: 1 } },
      { id: "b", pricing: null, top: "text" },
      { id: "c", pricing: ["prompt"], top: { x: { deep: [1] } } },
    ];
    const page = await read({ data: rows });
    const expected = [
      { id: "a", pricing: { prompt: "1", input: 2 } },
      { id: "b" },
      { id: "c", top: { x: { deep: [1] } } },
    ];
    expect(rowsOf(page)).toEqual(expected);
    expect(JSON.stringify(page)).not.toMatch(/image|"y"/);
  });

  it("keeps what makes a row bad", async () => {
    const rows = [null, 7, "text", [], fat("x".repeat(250)), fat(5), ...listOf(400)];
    const ids = rowsOf(await reader().read({ data: rows }))
      .slice(0, 6)
      .map((row) => row?.id);
    expect(ids).toEqual([undefined, undefined, "text", undefined, "x".repeat(250), 5]);
  });

  it("tells a body that is known from any other", async () => {
    const { read } = reader();
    const sent = { data: listOf(2) };
    const first = await read(sent);
    const digest = first.kind === "list" ? first.digest : "";
    expect(digest).toHaveLength(44);
    expect(await read(sent, { known: digest })).toEqual({ kind: "known" });
    const other = await read({ data: [...listOf(2), fat("new")] }, { known: digest });
    expect(rowsOf(other)).toHaveLength(3);
    expect(other).not.toMatchObject({ digest });
  });

  it("puts characters together that were split over pieces", async () => {
    const sent = { data: [{ id: "漢字🌲" }], padding: "é".repeat(500 * KB) };
    expect(rowsOf(await reader().read(sent))).toEqual([{ id: "漢字🌲" }]);
  });

  it.each([
    ["a web page", `<!doctype html>${" ".repeat(300 * KB)}`, { kind: "no-json", isWebPage: true }],
    ["broken JSON", `{"data": [${" ".repeat(300 * KB)}`, { kind: "no-json", isWebPage: false }],
    [
      "an object that is no list",
      `{"status":"ok"${" ".repeat(300 * KB)}}`,
      { kind: "no-list", body: { status: "ok" } },
    ],
  ])("tells %s that is large", async (_what, sent, expected) => {
    expect(await reader().read(sent)).toMatchObject(expected);
  });

  it("takes 8 MB and 10,000 models, and no more of either", async () => {
    const whole = (bytes: number) => `{"data":[{"id":"a"}],"junk":"${"x".repeat(bytes - 31)}"}`;
    expect(await reader().readAnswer({ body: whole(MAX_BYTES) })).toMatchObject({ bytes: MAX_BYTES });
    expect(await reader().readAnswer({ body: whole(MAX_BYTES + 1) })).toEqual({ kind: "too-large" });
    const many = (count: number) => Array.from({ length: count }, (_unused, row) => fat(`m${row}`, 10));
    expect(rowsOf(await reader().read(many(10_000)))).toHaveLength(10_000);
    expect(await reader().read(many(10_001))).toEqual({ kind: "too-long" });
  });

  it("takes 50 levels of nesting, and what is deeper for no list", async () => {
    const nested = (levels: number) =>
      `{"data":[{"id":"a[[{","x":${"[".repeat(levels - 3)}${"]".repeat(levels - 3)}}]}`;
    expect(rowsOf(await reader().read(nested(50)))).toMatchObject([{ id: "a[[{" }]);
    expect(await reader().read(nested(51))).toEqual({ kind: "no-list", body: null });
    // Brackets count outside of texts only, wherever a text ends.
    const withText = (text: string, levels: number) => nested(levels).replace('"a[[{"', JSON.stringify(text));
    for (const text of ["", "[".repeat(60), '\\"[{'.repeat(20), "\\", "[\\\\", '\\\\"{']) {
      expect(await reader().read(withText(text, 50))).toMatchObject({ kind: "list", rows: [{ id: text }] });
      expect(await reader().read(withText(text, 51))).toEqual({ kind: "no-list", body: null });
    }
    // As many objects as 8 MB can hold are no harm to the thread.
    expect(await reader().read(`[${"{},".repeat(2_700_000)}{}]`)).toEqual({ kind: "too-long" });
  });

  it.each([
    ["gzip", zlib.gzipSync],
    ["x-gzip", zlib.gzipSync],
    ["deflate", zlib.deflateSync],
    ["deflate", zlib.deflateRawSync],
    ["br", zlib.brotliCompressSync],
  ])("unpacks %s", async (encoding, pack) => {
    const body = pack(JSON.stringify(listOf(2)));
    const answer = await reader().readAnswer({ body, headers: { "content-encoding": encoding } });
    expect(answer).toMatchObject({ page: { rows: { length: 2 } } });
  });

  it("takes 8 MB and no more of what is packed too", async () => {
    const packed = (bytes: number) => ({
      body: zlib.gzipSync(`{"data":[{"id":"a"}],"junk":"${"x".repeat(bytes - 31)}"}`),
      headers: { "content-encoding": "gzip" },
    });
    expect(await reader().readAnswer(packed(MAX_BYTES))).toMatchObject({ bytes: MAX_BYTES });
    expect(await reader().readAnswer(packed(MAX_BYTES + 1))).toEqual({ kind: "too-large" });
  });

  it("throws what zlib throws where a body cannot be unpacked", async () => {
    const body = zlib.gzipSync("[]");
    const packed = reader().readAnswer({ body, headers: { "content-encoding": "deflate" } });
    await expect(packed).rejects.toMatchObject({ code: expect.stringMatching(/^Z_/) });
    const unknown = reader().readAnswer({ body, headers: { "content-encoding": "compress" } });
    await expect(unknown).rejects.toMatchObject({ code: "Z_UNKNOWN_ENCODING" });
  });

  const LABELS = ["gzip", "deflate", "br", "zstd", "utf-8", "identity"];
  it.each(LABELS)("reads text that only says to be %s", async (name) => {
    const body = JSON.stringify(listOf(2));
    const answer = await reader().readAnswer({ body, headers: { "content-encoding": name } });
    expect(answer).toMatchObject({ page: { rows: { length: 2 } } });
  });

  it("gives up at once when it is aborted, and closes the connection", async () => {
    const server = await startListServer(() => ({}));
    closing.push(server.close);
    const { get } = reader();
    const calledOff = new AbortController();
    const ended = get(server.url, {}, calledOff.signal).catch((error: unknown) => error);
    const lasting = get(server.url).catch((error: unknown) => error);
    await vi.waitFor(() => expect(server.requests).toHaveLength(2), { timeout: 10_000 });
    calledOff.abort(new Error("enough"));
    expect(await ended).toEqual(new Error("enough"));
    await vi.waitFor(() => expect(server.closed()).toBe(1), { timeout: 10_000 });
    server.close();
    expect(await lasting).toMatchObject({ code: "ECONNRESET" });
  });

  it("says of a connection that breaks in a list what node:http says", async () => {
    const broken = reader().readAnswer({ body: JSON.stringify(listOf(400)), breaks: true });
    await expect(broken).rejects.toMatchObject({ code: "ECONNRESET" });
    const refused = reader().get("http://127.0.0.1:1/");
    await expect(refused).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("hears at once that a service hangs up before it answers", async () => {
    const server = createServer((socket) => void socket.destroy());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    await expect(reader().get(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("brings an error with its text, and follows no redirect", async () => {
    const answers: ListAnswer[] = [
      { status: 429, headers: { "retry-after": "7" }, body: '{"error":{"message":"slow down"}}' },
      { status: 500, body: "x".repeat(100_000) },
      { status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" },
    ];
    const server = await startListServer((asked) => answers[asked - 1] ?? {});
    closing.push(server.close);
    const { get } = reader();
    const slow = await get(server.url);
    expect(slow).toMatchObject({ kind: "refused", status: 429, text: '{"error":{"message":"slow down"}}' });
    expect(slow.kind === "refused" && slow.headers.get("retry-after")).toBe("7");
    expect(await get(server.url)).toMatchObject({ kind: "refused", status: 500, text: "" });
    expect(await get(server.url)).toMatchObject({ kind: "refused", status: 302 });
  });

  it("reads several lists at the same time, and each whole", async () => {
    const { read } = reader();
    const pages = await Promise.all([300, 700, 450].map((count) => read(listOf(count))));
    expect(pages.map((page) => rowsOf(page).length)).toEqual([300, 700, 450]);
    expect(rowsOf(pages[1] as ParsedPage)).toContainEqual({ id: "m699", name: "Model m699" });
  });
});

/** A thread that runs something else than it should; `port` is that of the first order. */
const runs = (code: string, clock = fakeClock()) =>
  createListThread({
    clock,
    startWorker: () =>
      new Worker(`require("node:worker_threads").parentPort.on("message", ({ order, port }) => { ${code} })`, {
        eval: true,
        resourceLimits: { maxOldGenerationSizeMb: 64 },
      }),
  });
/** Reads an empty list with a thread. */
const readWith = (thread: ListThread, terms: Partial<PageRequest> = {}) =>
  reader({ thread }).readAnswer({ body: "[]" }, terms);

describe("a thread that fails", () => {
  it.each([
    ["dies", "process.exit(3)"],
    ["throws", 'throw new Error("broken")'],
    ["runs out of memory", "const all = []; for (;;) all.push(new Array(1_000).fill(Math.random()))"],
    ["posts what nobody asked for", 'port.postMessage({ kind: "rows", json: "[]" })'],
    ["begins twice", 'for (let i = 0; i < 2; i++) port.postMessage({ kind: "begun" })'],
    [
      "hands over fewer rows than it has",
      `port.on("message", () => port.postMessage({ kind: "rows", json: "[]" }));
       port.postMessage({ kind: "begun" });
       port.postMessage({ kind: "page", bytes: 1, head: { kind: "list", rest: {}, digest: "", rowCount: 1 } })`,
    ],
  ])("is a fault of its own where it %s at a list", { timeout: 30_000 }, async (_what, code) => {
    await expect(readWith(runs(code))).rejects.toMatchObject({ name: "AppError", code: "internal" });
  });

  it("may take as long as it likes to start", async () => {
    const clock = fakeClock();
    const slow = `setTimeout(() => {
      port.postMessage({ kind: "begun" });
      port.postMessage({ kind: "page", bytes: 1, head: { kind: "known" } });
    }, 50)`;
    const read = readWith(runs(slow, clock));
    for (let passed = 0; passed < 60_000; passed += 1_000) {
      await settle();
      await clock.advance(1_000);
    }
    expect(await read).toMatchObject({ page: { kind: "known" } });
  });

  it("ends where it hangs for 5 s at a list, and the next one is read in another", async () => {
    const clock = fakeClock();
    const thread = runs(
      `port.postMessage({ kind: "begun" });
       if (order.maxRows === 1) for (;;);
       port.postMessage({ kind: "page", bytes: 1, head: { kind: "known" } });`,
      clock,
    );
    const server = await startListServer(() => ({}));
    closing.push(server.close);
    const waiting = reader({ thread }).get(server.url);
    const ended = readWith(thread, { maxRows: 1 }).catch((error: unknown) => error);
    // Both wait a moment before they start the thread; the third is the deadline.
    while (clock.sleepers() < 3) await settle();
    await clock.advance(4_999);
    expect(clock.sleepers()).toBe(1);
    await clock.advance(1);
    expect(await ended).toMatchObject({ name: "AppError" });
    expect(await readWith(thread, { maxRows: 2 })).toMatchObject({ page: { kind: "known" } });
    // Whose vendor has not answered yet loses nothing with the thread.
    expect(await Promise.race([waiting, settle()])).toBeUndefined();
  });
});
