import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Cable {
  /** The same address as the target's, through the cable. */
  readonly url: string;
  /** Breaks every connection and every new one, as a network that is gone. */
  cut(): void;
  /** Carries nothing any more, with every connection left open, as a network that swallows all. */
  freeze(): void;
  /** From now on everything takes that long each way, as on a line around the world. */
  slow(oneWayMs: number): void;
  /** Ends `cut` and `freeze`. */
  mend(): void;
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

/** A line to a local server that can be cut and mended; its own port is any free one unless given. */
export async function layCable(target: string, nearPort = 0): Promise<Cable> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isCut = false;
  /** Connections that came while it was frozen. */
  let waiting: (() => void)[] | undefined;
  const hold = (socket: Socket, other: () => Socket | undefined) => {
    sockets.add(socket);
    socket.on("error", () => {}); // a broken line; its close follows
    socket.once("close", () => {
      sockets.delete(socket);
      other()?.destroy();
    });
  };
  let oneWayMs = 0;
  const carry = (from: Socket, to: Socket) => {
    from.on("data", (bytes) => {
      if (oneWayMs === 0) to.write(bytes);
      else setTimeout(() => to.write(bytes), oneWayMs);
    });
    from.on("end", () => setTimeout(() => to.end(), oneWayMs));
  };
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    let far: Socket | undefined;
    hold(near, () => far);
    const join = () => {
      if (near.destroyed) return;
      const other = connect(Number(port), hostname);
      far = other;
      hold(other, () => near);
      carry(near, other);
      carry(other, near);
    };
    if (waiting === undefined) join();
    else waiting.push(join);
    return undefined;
  });
  server.listen(nearPort, "127.0.0.1");
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
    freeze: () => {
      waiting ??= [];
      for (const socket of sockets) socket.pause();
    },
    slow: (ms) => {
      oneWayMs = ms;
    },
    mend: () => {
      isCut = false;
      const joins = waiting ?? [];
      waiting = undefined;
      for (const socket of sockets) socket.resume();
      for (const join of joins) join();
    },
    open: () => sockets.size / 2,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
