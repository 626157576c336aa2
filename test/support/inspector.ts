import { once } from "node:events";
import { WebSocket } from "ws";

/** Measures a process that was started with `--inspect=127.0.0.1:0`. */
export interface Inspector {
  /** Bytes that are in use after a garbage collection, in the main thread and in its workers. */
  heapBytes(): Promise<number>;
  /** The process ends only once this was called: Node waits for whoever inspects it. */
  close(): Promise<void>;
}

/** Each collection may free what only the one before has let go. */
const COLLECTIONS = 3;

/** `log`: what the process wrote on standard error, where Node names the inspector's address. */
export async function inspect(log: string): Promise<Inspector> {
  const url = /ws:\/\/\S+/.exec(log)?.[0];
  if (url === undefined) throw new Error("the process has no inspector");
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const waiting = new Map<number, (result: { readonly usedSize?: number }) => void>();
  const workers = new Set<string>();
  let last = 0;

  socket.on("message", (data) => {
    const { id, result, method, params } = JSON.parse(String(data));
    if (method === "NodeWorker.attachedToWorker") workers.add(params.sessionId);
    if (method === "NodeWorker.detachedFromWorker") workers.delete(params.sessionId);
    const inner = method === "NodeWorker.receivedMessageFromWorker" ? JSON.parse(params.message) : { id, result };
    waiting.get(inner.id)?.(inner.result);
    waiting.delete(inner.id);
  });
  await once(socket, "open");

  const send = (frame: object) => socket.send(JSON.stringify(frame));
  const call = (method: string, worker?: string, params = {}) =>
    new Promise<{ readonly usedSize?: number }>((resolve) => {
      const frame = { id: ++last, method, params };
      waiting.set(frame.id, resolve);
      if (worker === undefined) return send(frame);
      const carried = { sessionId: worker, message: JSON.stringify(frame) };
      return send({ id: ++last, method: "NodeWorker.sendMessageToWorker", params: carried });
    });
  await call("NodeWorker.enable", undefined, { waitForDebuggerOnStart: false });

  return {
    async heapBytes() {
      let bytes = 0;
      for (const thread of [undefined, ...workers]) {
        for (let time = 0; time < COLLECTIONS; time++) await call("HeapProfiler.collectGarbage", thread);
        bytes += (await call("Runtime.getHeapUsage", thread)).usedSize ?? 0;
      }
      return bytes;
    },
    async close() {
      socket.close();
      await once(socket, "close");
    },
  };
}
