import type { ServerResponse } from "node:http";
import type { ChatBody, Failure, Frames } from "./fake-vendor.js";

/** One answer, written by the test step by step. */
export interface FakeStream {
  readonly body: ChatBody;
  send(words: string): void;
  think(words: string): void;
  /** What a proxy or a slow service sends so that the connection stays open. */
  keepAlive(): void;
  /** Whole frames or a piece of one. */
  sendRaw(bytes: string | Uint8Array): Promise<void>;
  /** Ends it as the vendor does; the reason is in the vendor's words. */
  finish(reason?: string): void;
  /** An error event inside the answer. */
  fail(failure: Failure): void;
  /** Closes the connection in order, without the finish marker. */
  end(): void;
  /** Drops the connection. */
  cut(): void;
  /** Resolves once the connection is closed, by whichever side. */
  readonly closed: Promise<void>;
  readonly frames: Frames;
}

/** Begins the answer. */
export function openStream(
  response: ServerResponse,
  frames: Frames,
  body: ChatBody,
  headers: Readonly<Record<string, string>>,
): FakeStream {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", ...headers });
  response.write(frames.begin());
  const closed = new Promise<void>((resolve) => response.once("close", resolve));
  return {
    body,
    frames,
    closed,
    send: (words) => void response.write(frames.text(words)),
    think: (words) => void response.write(frames.reasoning(words)),
    keepAlive: () => void response.write(frames.keepAlive()),
    // Resolves when it has left, so that the next piece makes a chunk of its own.
    sendRaw: (bytes) => new Promise((resolve) => void response.write(bytes, () => setImmediate(resolve))),
    finish: (reason = "stop") => void response.end(frames.finish(reason)),
    fail: (failure) => void response.end(frames.error(failure)),
    end: () => void response.end(),
    cut: () => void response.destroy(),
  };
}
