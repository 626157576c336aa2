import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Cable {
  /** The same address as the target's, through the cable. */
  readonly url: string;
  /** Breaks every connection and every new one, as a network that is gone. */
  cut(): void;
  mend(): void;
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

/** A line to a local server that can be cut and mended. */
export async function layCable(target: string): Promise<Cable> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  const hold = (socket: Socket, other: () => Socket | undefined) => {
    sockets.add(socket);
    socket.on("error", () => {}); // a broken line; its close follows
    socket.once("close", () => {
      sockets.delete(socket);
      other()?.destroy();
    });
  };
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far: Socket = connect(Number(port), hostname);
    hold(near, () => far);
    hold(far, () => near);
    near.pipe(far).pipe(near);
    return undefined;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(target);
  url.port = String((server.address() as AddressInfo).port);
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href.replace(/\/$/, ""),
    cut,
    mend: () => {
      isCut = false;
    },
    open: () => sockets.size / 2,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
