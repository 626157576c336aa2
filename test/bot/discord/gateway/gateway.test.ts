import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { createLog } from "../../../../src/base/log.js";
import { createGateway, type Gateway } from "../../../../src/bot/discord/gateway/gateway.js";
import { createRest } from "../../../../src/bot/discord/send/rest.js";
import { memoryStore } from "../../../support/memory-store.js";
import { eventually } from "../../../support/playground-client.js";
import { realClock } from "../discord-support.js";

/** A pause of the SDK before it connects a shard again. */
const SDK_PAUSE_MS = 500;

let server: Server;
let gateway: Gateway;
afterEach(async () => {
  await gateway.stop();
  await new Promise((resolve) => server.close(resolve));
});

/** A gateway that refuses the first handshakes, and what happened to it. */
async function gatewayRefusing(handshakes: number) {
  const sockets = new WebSocketServer({ noServer: true });
  const counts = { refused: 0, connections: 0, identifies: 0 };
  server = createServer((_request, response) => {
    const { port } = server.address() as AddressInfo;
    const session_start_limit = { total: 1_000, remaining: 900, reset_after: 60_000, max_concurrency: 1 };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ url: `ws://127.0.0.1:${port}`, shards: 1, session_start_limit }));
  });
  server.on("upgrade", (request, socket, head) => {
    if (counts.refused < handshakes) {
      counts.refused += 1;
      socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (open) => {
      counts.connections += 1;
      open.on("message", (data) => {
        if ((JSON.parse(String(data)) as { op: number }).op !== 2) return;
        counts.identifies += 1;
        const d = { session_id: "1", user: { id: "7" }, application: { id: "8" }, guilds: [] };
        open.send(JSON.stringify({ op: 0, t: "READY", s: 1, d }));
      });
      open.send('{"op":10,"d":{"heartbeat_interval":40000}}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { counts, apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api` };
}

describe("createGateway()", () => {
  it("connects once after failed handshakes: what was given up does not go on beside it", async () => {
    const { counts, apiUrl } = await gatewayRefusing(2);
    const selves: unknown[] = [];
    gateway = createGateway({
      token: "a.b.c",
      rest: createRest({ token: "a.b.c", apiUrl, clock: realClock, onAnswer() {} }),
      shards: undefined,
      owner: "me",
      host: "here",
      followThreads: false,
      store: memoryStore(realClock.now),
      // The pauses between two attempts are shorter than those of the SDK, so that both would meet.
      clock: { ...realClock, sleep: (ms, signal) => realClock.sleep(ms / 100, signal) },
      log: createLog({ level: "fatal", secrets: [] }),
      onDispatch() {},
      onSession() {},
      onAdopt() {},
      onLeave() {},
      servers: () => [],
      onReady: (self) => void selves.push(self),
    });
    expect(gateway.fault()).toContain("connecting");
    gateway.start();
    await eventually("a session", () => selves.length > 0 || undefined);
    expect(gateway.fault()).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, SDK_PAUSE_MS * 2));
    expect(counts).toEqual({ refused: 2, connections: 1, identifies: 1 });
    expect(selves).toEqual([{ userId: "7", applicationId: "8" }]);
  });
});
