import { askForToken, credentials } from "./token.js";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;
/** The bot sends something every 15 s; a connection that is silent for longer than two of those is dead. */
const SILENCE_MS = 40_000;
/** A tab that nobody sees gives its connection back: a browser has six for all tabs of a site. */
const HIDDEN_MS = 60_000;

/**
 * @typedef {object} StreamTerms
 * @property {string} path
 * @property {(isCurrent: () => boolean) => Promise<void>} onOpen resolves once what was missed is read
 * @property {(name: string, data: unknown) => void} onEvent
 * @property {(isConnected: boolean) => void} onConnection
 * @property {readonly string[]} [atOnce] names of events that are not held back until `onOpen` resolves
 */

/**
 * Keeps an event stream open: it reconnects after each failure, later each time, and at once when the network or the
 * reader is back.
 * @param {StreamTerms} terms
 * @returns a function that ends it
 */
export function keepOpen({ path, onOpen, onEvent, onConnection, atOnce = [] }) {
  /** @type {AbortController | undefined} */
  let current;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let retryMs = FIRST_RETRY_MS;
  let hasEnded = false;

  const close = () => {
    clearTimeout(timer);
    current?.abort();
    current = undefined;
  };
  /** @param {AbortController} mine */
  const fail = (mine) => {
    if (current !== mine) return;
    close();
    if (!document.hidden) onConnection(false);
    timer = setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  };
  const connect = async () => {
    close();
    const mine = new AbortController();
    current = mine;
    /** @type {[name: string, data: unknown][] | undefined} */
    let held = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => fail(mine), SILENCE_MS);
    };
    /** @type {(name: string, data: unknown) => void} */
    const take = (name, data) => {
      if (current !== mine) return;
      if (held === undefined || atOnce.includes(name)) onEvent(name, data);
      else held.push([name, data]);
    };
    try {
      heard();
      const response = await fetch(path, { headers: credentials(), signal: mine.signal, cache: "no-store" });
      if (response.status === 401) return askForToken();
      if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
      const reading = readEvents(response.body, { take, heard });
      reading.catch(() => {}); // awaited below
      await onOpen(() => current === mine);
      if (current !== mine) return;
      const waiting = held;
      held = undefined;
      for (const [name, data] of waiting ?? []) take(name, data);
      retryMs = FIRST_RETRY_MS;
      onConnection(true);
      await reading;
      fail(mine);
    } catch {
      fail(mine);
    } finally {
      clearTimeout(silence);
    }
  };
  const again = () => {
    if (!hasEnded && current === undefined) connect();
  };
  const onVisibility = () => {
    if (!document.hidden) return current === undefined ? again() : clearTimeout(timer);
    clearTimeout(timer);
    timer = setTimeout(close, HIDDEN_MS);
  };
  addEventListener("online", again);
  document.addEventListener("visibilitychange", onVisibility);
  connect();
  return () => {
    hasEnded = true;
    removeEventListener("online", again);
    document.removeEventListener("visibilitychange", onVisibility);
    close();
  };
}

/**
 * Reads server-sent events until the stream ends; a plain EventSource cannot carry a token.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {{ take(name: string, data: unknown): void, heard(): void }} listener
 */
async function readEvents(body, { take, heard }) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split("\n");
      /** @param {string} name */
      const field = (name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const event = field("event");
      if (event !== undefined) take(event, JSON.parse(field("data") ?? "null"));
    }
  }
}
