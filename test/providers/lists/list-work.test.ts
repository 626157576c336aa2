import http from "node:http";
import https from "node:https";
import { pipeline } from "node:stream";
import { Worker } from "node:worker_threads";
import zlib from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ListNews, type ListOrder, listWork } from "../../../src/providers/lists/list-work.js";
import { parseList } from "../../../src/providers/lists/parse-list.js";
import { settle } from "../../support/fake-clock.js";
import { type ListAnswer, startListServer } from "../../support/list-server.js";

const ORDER = { maxBytes: 1_000, maxRows: 9, fields: ["id"], known: undefined };

let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});
async function serve(answer: ListAnswer): Promise<string> {
  const server = await startListServer(() => answer);
  closing.push(server.close);
  return server.url;
}

/** The work in this thread. */
function workHere() {
  const news: ListNews[] = [];
  let tell: (order: ListOrder) => void = () => {};
  const on = (_event: "message", listener: typeof tell) => {
    tell = listener;
  };
  const parse: Parameters<typeof listWork>[1]["parse"] = (bytes, terms) => parseList(bytes, terms, String);
  listWork({ on, postMessage: (said) => void news.push(said) }, { http, https, zlib, pipeline, parse });
  const say = async (order: ListOrder, count: number): Promise<readonly ListNews[]> => {
    tell(order);
    await vi.waitFor(() => expect(news.length).toBeGreaterThanOrEqual(count), { interval: 5, timeout: 10_000 });
    await settle();
    return news.splice(0);
  };
  const fetch = (id: number, url: string) => say({ id, kind: "fetch", url, headers: [], maxErrorBytes: 9 }, 1);
  return { say, fetch };
}

const rows = (count: number) => Array.from({ length: count }, (_unused, row) => ({ id: `m${row}`, junk: "x" }));

describe("listWork", () => {
  it("needs nothing but its own text and what it is handed", async () => {
    const tools = `{
      http: require("node:http"), zlib: require("node:zlib"), pipeline: require("node:stream").pipeline,
      parse: (bytes, terms) => (${parseList.toString()})(bytes, terms, String) }`;
    const worker = new Worker(`(${listWork.toString()})(require("node:worker_threads").parentPort, ${tools})`, {
      eval: true,
    });
    const next = () => new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    const url = await serve({ body: "[1]" });
    worker.postMessage({ id: 1, kind: "fetch", url, headers: [], maxErrorBytes: 9 });
    expect(await next()).toMatchObject({ id: 1, kind: "response", status: 200, text: null });
    worker.postMessage({ id: 1, kind: "read", rowsAtOnce: 1, ...ORDER });
    expect(await next()).toMatchObject({ id: 1, kind: "parsing", bytes: 3 });
    expect(await next()).toMatchObject({ id: 1, kind: "head", head: { kind: "list", count: 1 } });
    await worker.terminate();
  });

  it("hands over as many rows at once as it is asked to, of each list its own", async () => {
    const { say, fetch } = workHere();
    for (const [id, count] of [
      [1, 5],
      [2, 2],
    ] as const) {
      await fetch(id, await serve({ body: JSON.stringify({ data: rows(count) }) }));
      expect(await say({ id, kind: "read", rowsAtOnce: 3, ...ORDER }, 2)).toMatchObject([
        { id, kind: "parsing" },
        { id, kind: "head", head: { kind: "list", field: "data", count } },
      ]);
    }
    const more = async (id: number) => {
      const [news] = await say({ id, kind: "more" }, 1);
      return news?.kind === "rows" && JSON.parse(news.json).map((row: { id: string }) => row.id);
    };
    expect(await more(1)).toEqual(["m0", "m1", "m2"]);
    expect(await more(2)).toEqual(["m0", "m1"]);
    expect(await more(1)).toEqual(["m3", "m4"]);
    expect(await more(1)).toEqual([]);
  });

  it.each([
    ["gzip", zlib.gzipSync],
    ["x-gzip", zlib.gzipSync],
    ["deflate", zlib.deflateSync],
    ["br", zlib.brotliCompressSync],
  ])("unpacks %s", async (encoding, pack) => {
    const { say, fetch } = workHere();
    const url = await serve({ body: pack(JSON.stringify(rows(2))), headers: { "content-encoding": encoding } });
    await fetch(1, url);
    expect((await say({ id: 1, kind: "read", rowsAtOnce: 3, ...ORDER }, 2))[1]).toMatchObject({ head: { count: 2 } });
  });

  it("says that a body could not be unpacked", async () => {
    const { say, fetch } = workHere();
    await fetch(1, await serve({ body: "[]", headers: { "content-encoding": "gzip" } }));
    expect(await say({ id: 1, kind: "read", rowsAtOnce: 3, ...ORDER }, 1)).toMatchObject([
      { kind: "failed", chain: [{ code: "Z_DATA_ERROR" }] },
    ]);
  });

  it("says of a larger body that it is one, without parsing it", async () => {
    const { say, fetch } = workHere();
    await fetch(1, await serve({ body: "x".repeat(1_001) }));
    expect(await say({ id: 1, kind: "read", rowsAtOnce: 3, ...ORDER }, 1)).toEqual([{ id: 1, kind: "too-large" }]);
  });

  it("says nothing more of a list that was dropped", async () => {
    const { say, fetch } = workHere();
    await fetch(1, await serve({ body: "[]" }));
    await say({ id: 1, kind: "drop" }, 0);
    expect(await say({ id: 1, kind: "more" }, 0)).toEqual([]);
  });

  it("hands over why there is no answer, with its code", async () => {
    const { fetch } = workHere();
    expect(await fetch(1, "http://127.0.0.1:1/")).toMatchObject([
      { id: 1, kind: "failed", chain: [{ code: "ECONNREFUSED" }] },
    ]);
  });
});
