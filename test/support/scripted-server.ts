import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type SentBody = Readonly<Record<string, unknown>>;

/** A vendor's chat endpoint that does with each request's body what the test says. */
export async function startScriptedServer(answer: (body: SentBody, response: ServerResponse) => void) {
  const sent: SentBody[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: SentBody = JSON.parse(Buffer.concat(chunks).toString() || "{}");
    sent.push(body);
    answer(body, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    sent,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
