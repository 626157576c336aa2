import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createListReader } from "../../../src/providers/lists/list-reader.js";
import { createListThread, type ListThread } from "../../../src/providers/lists/list-thread.js";
import type { listWork } from "../../../src/providers/lists/list-work.js";
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

interface Terms {
  readonly maxBytes?: number;
  readonly known?: string;
  readonly signal?: AbortSignal;
}

/** Reads what a service on a socket sends. */
function reader({ fields = ["id", "name", "pricing"], ...options }: { fields?: string[]; thread?: ListThread } = {}) {
  const listThread = options.thread ?? createListThread({ clock: fakeClock() });
  const list = createListReader("acme", fields, { clock: fakeClock(), listThread });
  const readAnswer = async (answer: ListAnswer, terms: Terms = {}) => {
    const server = await startListServer(() => answer);
    closing.push(server.close);
    const response = await list.fetch(server.url, { signal: terms.signal ?? null });
    const page = await list.read(response, { maxBytes: MAX_BYTES, signal: signal(), ...terms });
    return { body: undefined, digest: undefined, ...page };
  };
  const read = (body: unknown, terms?: Terms) =>
    readAnswer({ body: typeof body === "string" ? body : JSON.stringify(body) }, terms);
  return { list, read, readAnswer };
}

describe("createListReader()", () => {
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
    expect(page).toMatchObject({ kind: "json", body: { data: expected } });
    expect(JSON.stringify(page)).not.toMatch(/image|"y"/);
  });

  it("keeps what makes a row bad", async () => {
    const rows = [null, 7, "text", [], fat("x".repeat(250)), fat(5), ...listOf(400)];
    const { body } = await reader().read({ data: rows });
    const ids = (body as { data: ({ id?: unknown } | null)[] }).data.slice(0, 6).map((row) => row?.id);
    expect(ids).toEqual([undefined, undefined, undefined, undefined, "x".repeat(250), 5]);
  });

  it("tells a body that is known from any other", async () => {
    const { read } = reader();
    const sent = { data: listOf(2) };
    const { digest } = await read(sent);
    expect(digest).toHaveLength(44);
    expect(await read(sent, { known: `${digest}` })).toMatchObject({ kind: "known", body: undefined });
    const other = await read({ data: [...listOf(2), fat("new")] }, { known: `${digest}` });
    expect(other.body).toMatchObject({ data: { length: 3 } });
    expect(other.digest).not.toBe(digest);
  });

  it("puts characters together that were split over pieces", async () => {
    const sent = { data: [{ id: "漢字🌲" }], padding: "é".repeat(500 * KB) };
    expect(await reader().read(sent)).toMatchObject({ body: { data: [{ id: "漢字🌲" }] } });
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

  it("takes 50 levels of nesting, and what is deeper for no list", async () => {
    const nested = (levels: number) =>
      `{"data":[{"id":"a[[{","x":${"[".repeat(levels - 3)}${"]".repeat(levels - 3)}}]}`;
    expect((await reader().read(nested(50))).body).toMatchObject({ data: [{ id: "a[[{" }] });
    expect((await reader().read(nested(51))).body).toBeNull();
    // As many objects as 8 MB can hold are no harm to the thread.
    expect(
      (
        await reader()
          .read(`[${"{},".repeat(2_700_000)}{}]`)
          .catch((error) => error)
      ).message,
    ).toContain("10000");
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
  ])(
    "says of a thread that %s before it has asked what fetch says of a lost connection",
    { timeout: 30_000 },
    async (_what, work) => {
      const thread = createListThread({ clock: fakeClock(), work });
      await expect(reader({ thread }).read(listOf(1))).rejects.toThrow(TypeError);
    },
  );

  it.each([
    ["dies", "process.exit(3)"],
    ["says what nobody asked", 'port.postMessage({ id: order.id, kind: "rows", json: "[]" })'],
    [
      "hands over fewer rows than it has",
      'port.postMessage({ id: order.id, kind: "head", head: { kind: "list", count: 1 } })',
    ],
  ])("takes a list at which the thread %s for one that cannot be read", async (_what, deed) => {
    const work = new Function(
      "port",
      `port.on("message", (order) => {
        if (order.kind === "fetch") port.postMessage({ id: order.id, kind: "response", status: 200, headers: [], text: null });
        else if (order.kind === "read") { port.postMessage({ id: order.id, kind: "parsing", bytes: 1 }); ${deed}; }
        else port.postMessage({ id: order.id, kind: "rows", json: "[]" });
      })`,
    ) as typeof listWork;
    const thread = createListThread({ clock: fakeClock(), work });
    await expect(reader({ thread }).read(listOf(1))).rejects.toMatchObject({
      reason: "malformed",
      message: "acme sent a model list that could not be read",
    });
  });

  it("ends a thread that hangs for 5 s at a list, and reads the next one in another", async () => {
    const clock = fakeClock();
    const hanging = ((port) => {
      port.on("message", (order) => {
        if (order.kind === "fetch")
          port.postMessage({ id: order.id, kind: "response", status: 200, headers: [], text: null });
        if (order.kind !== "read") return;
        port.postMessage({ id: order.id, kind: "parsing", bytes: 1 });
        if (order.maxBytes === 1) for (;;);
        port.postMessage({ id: order.id, kind: "head", head: { kind: "known" } });
      });
    }) as typeof listWork;
    const { list } = reader({ thread: createListThread({ clock, work: hanging }) });
    const innocent = await list.fetch("http://beta/");
    const stuck = list.read(await list.fetch("http://acme/"), { maxBytes: 1, signal: signal() });
    const ended = stuck.catch((error: unknown) => error);
    while (clock.sleepers() === 0) await settle();
    await clock.advance(4_999);
    expect(clock.sleepers()).toBe(1);
    await clock.advance(1);
    expect(await ended).toMatchObject({ reason: "malformed" });
    // What waits in the same thread is lost with it, at once, as a connection is.
    await expect(list.read(innocent, { maxBytes: 2, signal: signal() })).rejects.toThrow(TypeError);
    const next = await list.read(await list.fetch("http://acme/"), { maxBytes: 2, signal: signal() });
    expect(next.kind).toBe("known");
  });

  it("gives up at once when it is aborted, and closes the connection", async () => {
    const server = await startListServer(() => ({}));
    closing.push(server.close);
    const { list } = reader();
    const calledOff = new AbortController();
    const ended = list.fetch(server.url, { signal: calledOff.signal }).catch((error: unknown) => error);
    const lasting = list.fetch(server.url).catch((error: unknown) => error);
    await vi.waitFor(() => expect(server.requests).toHaveLength(2));
    calledOff.abort(new Error("enough"));
    expect(await ended).toEqual(new Error("enough"));
    await vi.waitFor(() => expect(server.closed()).toBe(1));
    server.close();
    expect(await lasting).toBeInstanceOf(TypeError);
  });

  it("says of a connection that breaks in a list what fetch says", async () => {
    const broken = reader().readAnswer({ body: JSON.stringify(listOf(400)), breaks: true });
    await expect(broken).rejects.toMatchObject({ name: "TypeError", code: "ECONNRESET" });
    const refused = reader().list.fetch("http://127.0.0.1:1/");
    await expect(refused).rejects.toMatchObject({ name: "TypeError", code: "ECONNREFUSED" });
  });

  it("hears at once that a service hangs up before it answers", async () => {
    const server = createServer((socket) => void socket.destroy());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    await expect(reader().list.fetch(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("brings an error with its text, and follows no redirect", async () => {
    const answers: ListAnswer[] = [
      { status: 429, headers: { "retry-after": "7" }, body: '{"error":{"message":"slow down"}}' },
      { status: 500, body: "x".repeat(100_000) },
      { status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" },
    ];
    const server = await startListServer((asked) => answers[asked - 1] ?? {});
    closing.push(server.close);
    const { fetch } = createListThread({ clock: fakeClock() });
    const [slow, long, moved] = [await fetch(server.url), await fetch(server.url), await fetch(server.url)];
    expect([slow?.status, slow?.headers.get("retry-after"), await slow?.text()]).toEqual([
      429,
      "7",
      '{"error":{"message":"slow down"}}',
    ]);
    expect([long?.status, await long?.text()]).toEqual([500, ""]);
    expect(moved?.status).toBe(302);
  });

  it("reads several lists at the same time, and each whole", async () => {
    const { read } = reader();
    const bodies = await Promise.all([300, 700, 450].map((count) => read(listOf(count))));
    expect(bodies.map(({ body }) => (body as unknown[]).length)).toEqual([300, 700, 450]);
    expect(bodies[1]?.body).toContainEqual({ id: "m699", name: "Model m699" });
  });

  it("refuses an answer that it did not fetch", async () => {
    const { list } = reader();
    await expect(list.read(new Response("[]"), { maxBytes: 9, signal: signal() })).rejects.toMatchObject({
      reason: "malformed",
    });
  });
});
