import { call } from "/assets/shared/api.js";
import { keepOpen } from "/assets/shared/live.js";

/**
 * Follows a channel. After each (re)connection the whole conversation and the list of channels are read anew, and what happens meanwhile is
 * held back until it is there, so that nothing is missed and nothing runs backwards.
 * @returns a function that ends it
 */
export function follow({ channel, client, onChannels, onMessages, onModel, onEvent, onConnection }) {
  const path = `/api/channels/${encodeURIComponent(channel)}`;
  return keepOpen({
    path: `${path}/events?client=${encodeURIComponent(client)}`,
    atOnce: ["status"],
    async onOpen(isCurrent) {
      const wanted = [`${path}/messages`, `${path}/model`, "/api/channels"].map((each) => call(each));
      const [{ messages }, model, { channels }] = await Promise.all(wanted);
      if (!isCurrent()) return;
      onChannels(channels);
      if (!isCurrent()) return; // this one was deleted meanwhile
      onMessages(messages);
      onModel(model);
    },
    onEvent,
    onConnection,
  });
}

/** Sends texts, and remembers which command an ephemeral reply belongs to. */
export function createSender({ client, channel }) {
  const commands = new Map();
  /** Requests whose id is not known yet: a reply may be faster than the answer that names it. */
  const sending = new Set();

  return {
    /** `onReply` takes the replies of a command instead of the conversation; `where` is what a pressed control stands on. */
    async send(text, onReply, where = {}) {
      const request = call(`/api/channels/${channel()}/messages`, { text, client, ...where });
      const noted = request.then(
        ({ id }) => void commands.set(id, { text, onReply }),
        () => {}, // the caller shows it
      );
      sending.add(noted);
      noted.then(() => sending.delete(noted));
      await request;
    },
    /** Nothing is known of a command that another tab or a script has sent. */
    async commandOf(id) {
      await Promise.all(sending);
      return commands.get(id) ?? {};
    },
  };
}

const GAP_MS = 60_000;

/** Tells the bot when somebody comes back to this page, so that old lists are refreshed; at most once a minute. */
export function tellFocus() {
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = () => {
    const now = performance.now(); // the machine's clock may be set back
    if (document.visibilityState !== "visible" || now - toldAt < GAP_MS) return;
    toldAt = now;
    call("/api/focus", {}).catch(() => {}); // the connection shows where the bot is away; the schedule refreshes
  };
  document.addEventListener("visibilitychange", tell);
  addEventListener("focus", tell);
}
