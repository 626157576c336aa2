import { call, clientId } from "/assets/shared/api.js";
import { byId, messageOf } from "/assets/shared/elements.js";
import { createChannelPanel } from "./channel-panel.js";
import { createChannels } from "./channels.js";
import { createComposer } from "./composer.js";
import { createSender, follow, readBefore, tellFocus } from "./connection.js";
import { createConversation } from "./conversation.js";
import { createModelPicker } from "./model-picker.js";
import { createStatusView } from "./status-view.js";
import { createVocabulary } from "./suggestions.js";

/**
 * @import { ChannelView } from "../rooms.js"
 * @import { EphemeralReply } from "./message/ephemeral.js"
 */

const client = clientId();
let unfollow = () => {};

const sender = createSender({ client, channel: () => channels.current() });
const vocabulary = createVocabulary({
  onLoaded() {
    composer.offer();
    picker.offer();
  },
});
const conversation = createConversation({
  press,
  react: (message, emoji) => attempt(() => call("/api/marks", { channel: channels.current(), message, emoji })),
  onDismiss: () => composer.focus(),
  readBefore: (id) => readBefore(channels.current() ?? "", id),
  onChange(isWorking) {
    const stop = byId("stop");
    if (!isWorking && document.activeElement === stop) composer.focus();
    stop.hidden = !isWorking;
  },
});
const composer = createComposer({
  vocabulary: vocabulary.current,
  async send(text) {
    conversation.toEnd();
    await sender.send(text);
  },
});
const status = createStatusView({ press, send: sender.send });
const picker = createModelPicker({ press, vocabulary: vocabulary.current, onClose: () => composer.focus() });
const channels = createChannels({
  onChoose: enter,
  onRename: showName,
  create: (name) => call("/api/channels", { name }),
});
const channelPath = () => `/api/channels/${channels.current()}`;
createChannelPanel({
  name: channels.currentName,
  rename: (name) => call(channelPath(), { name }, "PATCH"),
  erase: () => call(channelPath(), undefined, "DELETE"),
  onClose: () => composer.focus(),
});

/**
 * Shows above the composer what goes wrong.
 * @param {() => Promise<unknown>} work
 */
async function attempt(work) {
  await work().catch((error) => composer.showFault(messageOf(error)));
}

/**
 * Does what a button says. The reply to a button of a panel replaces the panel.
 * @type {import("./message/message.js").Press}
 */
async function press(command, { on, panel, id } = {}) {
  if (panel === undefined) conversation.toEnd();
  const inPlace =
    panel === undefined || id === undefined
      ? undefined
      : (/** @type {EphemeralReply} */ reply) => conversation.showEphemeral({ ...reply, id });
  await attempt(() => sender.send(command, inPlace, { on, panel }));
}

/** @type {Readonly<Record<string, (data: never) => void>>} */
const handlers = {
  message: conversation.add,
  edit: conversation.edit,
  mark: conversation.mark,
  removed: conversation.remove,
  model: picker.show,
  channels: ({ channels: list }) => channels.set(list),
  channel: channels.add,
  /** @param {EphemeralReply} reply */
  async ephemeral(reply) {
    const channel = channels.current();
    const { text, onReply } = await sender.commandOf(reply.id);
    if (onReply !== undefined) onReply(reply);
    else if (channel === channels.current()) conversation.showEphemeral(reply, text);
  },
  status(now) {
    status.update(now);
    vocabulary.expire();
  },
};

/** @param {string} name */
function showName(name) {
  byId("room-title").textContent = name;
  byId("composer-text", HTMLTextAreaElement).placeholder = `Message #${name}`;
  document.title = `#${name} · Evergreen`;
}

/** @param {string} channel */
function enter(channel) {
  unfollow();
  conversation.clear();
  unfollow = follow({
    channel,
    client,
    onChannels: channels.set,
    onMessages: conversation.setMessages,
    onModel: picker.show,
    onEvent: (name, data) => handlers[name]?.(/** @type {never} */ (data)),
    onConnection(isConnected) {
      if (isConnected && !byId("offline").hidden) composer.showFault(""); // that the bot is away is over
      byId("offline").hidden = isConnected;
    },
  });
}

/** Learns once which channels exist; later changes come as events. */
async function learnChannels() {
  /** @type {{ channels: readonly ChannelView[] }} */
  const { channels: list } = await call("/api/channels").catch(() => ({ channels: [] })); // the connection shows why
  channels.set(list);
}

byId("stop").addEventListener("click", () => press("/chat stop"));
byId("welcome").addEventListener("click", (event) => {
  const chip = event.target instanceof Element ? event.target.closest("[data-send]") : null;
  const text = chip instanceof HTMLElement ? chip.dataset.send : undefined;
  if (text !== undefined) press(text);
});
await learnChannels();
tellFocus();
composer.begin();
