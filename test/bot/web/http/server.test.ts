import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { readJson } from "../../../../src/bot/web/http/body.js";
import type { HttpServer } from "../../../../src/bot/web/http/server.js";
import { StoreError } from "../../../../src/store/store.js";
import { fakeClock } from "../../../support/fake-clock.js";
import { sendRaw, sendRequest, startServer } from "./http-support.js";

const started: HttpServer[] = [];
const start: typeof startServer = async (overrides) => {
  const running = await startServer(overrides);
  started.push(running.server);
  return running;
};
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

describe("createHttpServer()", () => {
  it("answers /healthz while the process is alive and 503 when it is not", async () => {
    expect((await fetch(`${(await start()).url}/healthz`)).status).toBe(200);
    expect((await fetch(`${(await start({ isAlive: () => false })).url}/healthz`)).status).toBe(503);
  });

  it("answers /readyz with 503 and what is not right", async () => {
    const ready = await fetch(`${(await start()).url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, problems: [], warnings: [] }]);
    const readiness = () => ({ isReady: false, problems: ["discord is not up"], warnings: ["groq: x"] });
    const unready = await fetch(`${(await start({ readiness })).url}/readyz`);
    expect([unready.status, await unready.json()]).toEqual([
      503,
      { ready: false, problems: ["discord is not up"], warnings: ["groq: x"] },
    ]);
  });

  it("answers a probe with 500 where it fails, and goes on", async () => {
    const readiness = () => {
      throw new Error("a platform broke");
    };
    const { url } = await start({ readiness });
    expect((await fetch(`${url}/readyz`)).status).toBe(500);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it("serves status, models and metrics", async () => {
    const { url } = await start();
    expect(await (await fetch(`${url}/api/status`)).json()).toEqual({ indicator: "fresh" });
    expect(await (await fetch(`${url}/api/models`)).json()).toEqual({ isFresh: true, models: [] });
    const metrics = await fetch(`${url}/metrics`);
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4");
    expect(await metrics.text()).toBe("up 1\n");
  });

  it.each([
    "/",
    "/assets/app.js",
    "/api/channels",
    "/api/channels/general/messages",
    "/api/channels/general/events",
    "/api/marks",
  ])("has no %s without the playground", async (path) => {
    const { url } = await start();
    expect((await fetch(`${url}${path}`)).status).toBe(404);
    const post = { method: "POST", body: '{"text":"hi"}', headers: { "content-type": "application/json" } };
    expect((await fetch(`${url}${path}`, post)).status).toBe(404);
  });

  it("answers an unknown path with 404 in JSON", async () => {
    const answer = await fetch(`${(await start()).url}/nothing`);
    expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([404, ["error"]]);
  });

  it.each(["/healthz", "/api/status", "/nothing", "/api/boom"])("protects %s with headers", async (path) => {
    const { url } = await start({
      routes: [
        (app) => {
          app.get("/api/boom", () => {
            throw new Error("boom");
          });
        },
      ],
    });
    const { headers } = await fetch(`${url}${path}`);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(headers.get("content-security-policy")).not.toMatch(/unsafe|https?:/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("keeps the details of an error in the log, under the id that the answer gives", async () => {
    const lines: { id?: string; error?: unknown }[] = [];
    const record = (fields: object) => void lines.push(fields);
    const log = { debug: record, info: record, warn: record, error: record } as never;
    const { url } = await start({
      log,
      routes: [
        (app) => {
          app.get("/api/boom", () => {
            throw new Error("the secret detail");
          });
          app.get("/api/store", () => {
            throw new StoreError("disk is full");
          });
        },
      ],
    });
    const answer = await fetch(`${url}/api/boom`);
    const body = (await answer.json()) as { error: string; id: string };
    expect(answer.status).toBe(500);
    expect(JSON.stringify(body)).not.toContain("secret detail");
    expect(lines.find((line) => line.id === body.id)?.error).toMatchObject({ message: "the secret detail" });
    expect((await fetch(`${url}/api/store`)).status).toBe(503);
  });

  it("names HTTP_PORT and the mend when the port is in use", async () => {
    const { port } = await start();
    await expect(startServer({ config: { port } })).rejects.toThrow(
      new RegExp(`^HTTP_PORT: port ${port} is in use .*; stop what uses it, or set another port`),
    );
  });

  it("names HTTP_HOST when the address is not this machine's", async () => {
    await expect(startServer({ config: { host: "192.0.2.1" } })).rejects.toThrow(/^HTTP_HOST: cannot listen on 192/);
  });

  it("stop() ends event streams and frees the port promptly", async () => {
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(": hi\n\n")),
    });
    // On a clock that stands still, the grace that other requests get would never end.
    const { server, url, port } = await startServer({
      clock: fakeClock(),
      routes: [
        (app) => {
          app.get("/api/events", (context) => context.body(endless, 200, { "content-type": "text/event-stream" }));
        },
      ],
    });
    const stream = await fetch(`${url}/api/events`);
    const reader = stream.body?.getReader();
    await reader?.read();
    const rest = reader?.read().then(
      ({ done }) => done,
      () => true,
    );
    await server.stop();
    expect(await rest).toBe(true);
    const again = await start({ config: { port } });
    expect(again.port).toBe(port);
  });

  it("stop() does not wait for a spare connection that never asked for anything", async () => {
    const { server, url, port } = await startServer({ clock: fakeClock() });
    const spare = connect(port, "127.0.0.1");
    await once(spare, "connect");
    await fetch(`${url}/healthz`); // by now the server has seen the spare one
    const closed = once(spare, "close");
    await server.stop();
    await closed;
  });

  it("answers a malformed request target with 400", async () => {
    const { port, host } = await start();
    const answer = await sendRaw(port, `GET \\evil HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer.status).toBe(400);
  });
});

describe("readJson()", () => {
  const echo = async () =>
    start({
      routes: [
        (app) => {
          app.post("/api/echo", async (context) => context.json({ got: await readJson(context) }));
        },
      ],
    });
  const post = (url: string, body: string, type = "application/json") =>
    fetch(`${url}/api/echo`, { method: "POST", body, headers: { "content-type": type } });

  it("takes JSON, with or without a charset", async () => {
    const { url } = await echo();
    expect(await (await post(url, '{"a":1}')).json()).toEqual({ got: { a: 1 } });
    expect((await post(url, "{}", "Application/JSON; charset=utf-8")).status).toBe(200);
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json-patch+json",
  ])("refuses %s with 415", async (type) => {
    expect((await post((await echo()).url, "{}", type)).status).toBe(415);
  });

  it.each(["{", "", "undefined", "{'a':1}"])("refuses %j with 400 and a clear error", async (body) => {
    const answer = await post((await echo()).url, body);
    expect([answer.status, await answer.json()]).toEqual([400, { error: "The body is not valid JSON." }]);
  });

  it("takes a body of 1 MiB and refuses one byte more with 413", async () => {
    const { url } = await echo();
    const ofBytes = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
    expect((await post(url, ofBytes(1_048_576))).status).toBe(200);
    expect((await post(url, ofBytes(1_048_577))).status).toBe(413);
  });

  it("refuses an oversized body of unannounced length as it arrives", async () => {
    const { port, host } = await echo();
    const chunk = `${(65_536).toString(16)}\r\n${"x".repeat(65_536)}\r\n`;
    const head = `POST /api/echo HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const answer = await sendRaw(port, `${head}${chunk.repeat(20)}0\r\n\r\n`);
    expect(answer.status).toBe(413);
  });

  it("makes no trouble of a client that goes in mid-body", async () => {
    const lines: object[] = [];
    const record = (fields: object) => void lines.push(fields);
    let isRead: (error: unknown) => void = () => {};
    const reading = new Promise<unknown>((resolve) => (isRead = resolve));
    const { port, host } = await start({
      log: { debug: record, info: record, warn: record, error: record } as never,
      routes: [
        (app) => {
          app.post("/api/echo", async (context) => context.json(await readJson(context).finally(() => isRead(0))));
        },
      ],
    });
    const socket = connect(port, "127.0.0.1");
    const head = `POST /api/echo HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n`;
    socket.write(`${head}{"a":`, () => setImmediate(() => socket.destroy()));
    await reading;
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toEqual([]);
  });

  it("lets a client finish that sends too much, so that it sees the refusal and no broken connection", async () => {
    const { url } = await echo();
    const pieces = () => {
      let sent = 0;
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent++ < 48) controller.enqueue(new Uint8Array(65_536).fill(120));
          else controller.close();
        },
      });
    };
    for (let round = 0; round < 10; round++) {
      const request = {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: pieces(),
        duplex: "half",
      };
      expect((await fetch(`${url}/api/echo`, request as RequestInit)).status).toBe(413);
    }
  });

  it("announces nothing to other origins", async () => {
    const { port, host } = await echo();
    const answer = await sendRequest(port, {
      method: "OPTIONS",
      path: "/api/echo",
      headers: [`Host: ${host}`, "Origin: https://evil.example", "Access-Control-Request-Method: POST"],
    });
    expect(answer.status).toBe(403);
    expect(answer.head).not.toMatch(/access-control/i);
  });
});
