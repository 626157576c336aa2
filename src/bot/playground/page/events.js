import { call } from "./api.js";

const NAMES = ["message", "edit", "mark", "removed", "ephemeral", "status"];
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 8_000;

/**
 * Follows a channel. After each (re)connection the whole conversation is read anew, and what happens meanwhile is
 * held back until it is there, so that nothing is missed and nothing runs backwards.
 * @returns a function that ends it
 */
export function follow({ channel, client, onMessages, onEvent, onConnection }) {
  const path = `/api/channels/${encodeURIComponent(channel)}`;
  let source;
  let timer;
  let retryMs = FIRST_RETRY_MS;
  let hasEnded = false;

  const connect = () => {
    const mine = new EventSource(`${path}/events?client=${encodeURIComponent(client)}`);
    source = mine;
    let held = [];
    const isCurrent = () => !hasEnded && source === mine;
    const fail = () => {
      if (!isCurrent()) return;
      mine.close();
      source = undefined;
      onConnection(false);
      timer = setTimeout(connect, retryMs);
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    };
    for (const name of NAMES) {
      mine.addEventListener(name, (event) => {
        const data = JSON.parse(event.data);
        if (held === undefined || name === "status") onEvent(name, data);
        else held.push([name, data]);
      });
    }
    mine.addEventListener("open", async () => {
      try {
        const { messages } = await call(`${path}/messages`);
        if (!isCurrent()) return;
        onMessages(messages);
        const waiting = held;
        held = undefined;
        for (const [name, data] of waiting) onEvent(name, data);
        retryMs = FIRST_RETRY_MS;
        onConnection(true);
      } catch {
        fail();
      }
    });
    mine.addEventListener("error", fail);
  };
  const retryNow = () => {
    if (source !== undefined || hasEnded) return;
    clearTimeout(timer);
    connect();
  };
  addEventListener("online", retryNow);
  connect();
  return () => {
    hasEnded = true;
    clearTimeout(timer);
    removeEventListener("online", retryNow);
    source?.close();
  };
}
