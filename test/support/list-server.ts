import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface ListAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Undefined: it never comes. */
  readonly body?: string | Uint8Array | undefined;
  /** The connection breaks after the body's first half. */
  readonly breaks?: boolean;
}

/** A service that answers each request, by its number from 1 on, with what it is told. */
export async function startListServer(answer: (asked: number) => ListAnswer) {
  const requests: IncomingHttpHeaders[] = [];
  let closed = 0;
  const server = createServer((request, response) => {
    requests.push(request.headers);
    response.on("close", () => {
      if (!response.writableFinished) closed += 1;
    });
    const { status = 200, headers, body, breaks } = answer(requests.length);
    if (body === undefined && status === 200) return;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    if (!breaks) return void response.end(body);
    response.write(body?.slice(0, body.length / 2), () => request.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    /** Connections that were closed before the answer's end. */
    closed: () => closed,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
