import { call } from "/assets/shared/api.js";
import { keepOpen } from "/assets/shared/live.js";

/**
 * @import { ConversationModel } from "../../../port/conversation-facts.js"
 * @import { PublicMessage } from "../message-row.js"
 * @import { ChannelView } from "../rooms.js"
 */

/**
 * @typedef {object} Newest
 * @property {readonly PublicMessage[]} messages oldest first
 * @property {string} [before] the id before which there are more
 *
 * @typedef {object} FollowTerms
 * @property {string} channel
 * @property {string} client this page's own id
 * @property {(channels: readonly ChannelView[]) => void} onChannels
 * @property {(newest: Newest) => void} onMessages
 * @property {(model: ConversationModel) => void} onModel
 * @property {(name: string, data: unknown) => void} onEvent
 * @property {(isConnected: boolean) => void} onConnection
 */

/**
 * Reads messages of a channel: the last ones before the one with this id.
 * @param {string} channel
 * @param {string} before
 * @returns {Promise<Newest>}
 */
export const readBefore = (channel, before) =>
  call(`/api/channels/${encodeURIComponent(channel)}/messages?limit=200&before=${encodeURIComponent(before)}`);

/**
 * Follows a channel. After each (re)connection the end of the conversation and the list of channels are read again; events are
 * held back until then, so that nothing is missed and nothing runs backwards.
 * @param {FollowTerms} terms
 * @returns a function that ends it
 */
export function follow({ channel, client, onChannels, onMessages, onModel, onEvent, onConnection }) {
  const path = `/api/channels/${encodeURIComponent(channel)}`;
  return keepOpen({
    path: `${path}/events?client=${encodeURIComponent(client)}`,
    atOnce: ["status"],
    async onOpen(isCurrent) {
      const [newest, model, { channels }] = await Promise.all([
        /** @type {Promise<Newest>} */ (call(`${path}/messages`)),
        /** @type {Promise<ConversationModel>} */ (call(`${path}/model`)),
        /** @type {Promise<{ channels: readonly ChannelView[] }>} */ (call("/api/channels")),
      ]);
      if (!isCurrent()) return;
      onChannels(channels);
      if (!isCurrent()) return; // this one was deleted meanwhile
      onMessages(newest);
      onModel(model);
    },
    onEvent,
    onConnection,
  });
}

/**
 * @typedef {{ text?: string, onReply?: OnReply | undefined, onOutcome?: OnReply | undefined }} SentCommand
 * @typedef {(reply: EphemeralReply) => void} OnReply
 * @typedef {import("./message/ephemeral.js").EphemeralReply} EphemeralReply
 * @typedef {import("./composer/file-tray.js").SentFile} SentFile
 */

/**
 * Sends texts, and remembers which command an ephemeral reply belongs to.
 * @param {{ client: string, channel(): string | undefined }} terms
 */
export function createSender({ client, channel }) {
  /** @type {Map<string, SentCommand>} */
  const commands = new Map();
  /** Requests whose id is not known yet: a reply may be faster than the answer that names it. */
  const sending = /** @type {Set<Promise<void>>} */ (new Set());

  return {
    /**
     * @param {string} text
     * @param {SentCommand["onReply"]} [onReply] takes the replies of a command instead of the conversation
     * @param {{ on?: string | undefined, panel?: string | undefined, files?: readonly SentFile[], replaces?: string }} [beside] what a
     *   pressed control stands on, or the files of a question and which one it takes the place of
     * @param {SentCommand["onOutcome"]} [onOutcome] is told the replies, which are shown as ever
     */
    async send(text, onReply, beside = {}, onOutcome = undefined) {
      /** @type {Promise<{ id: string }>} */
      const request = call(`/api/channels/${channel()}/messages`, { text, client, ...beside });
      const noted = request.then(
        ({ id }) => void commands.set(id, { text, onReply, onOutcome }),
        () => {}, // the caller shows it
      );
      sending.add(noted);
      noted.then(() => sending.delete(noted));
      await request;
    },
    /**
     * The command that a reply answers, whose `onOutcome` is called; empty where another tab or a script has sent it.
     * @param {EphemeralReply} reply
     * @returns {Promise<SentCommand>}
     */
    async commandOf(reply) {
      await Promise.all(sending);
      const command = commands.get(reply.id) ?? {};
      command.onOutcome?.(reply);
      return command;
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

/** Reads which channels there are. None where the bot does not answer: the connection shows why. */
export async function readChannels() {
  /** @type {{ channels: readonly ChannelView[] }} */
  const { channels } = await call("/api/channels").catch(() => ({ channels: [] }));
  return channels;
}
