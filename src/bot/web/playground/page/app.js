import { call, clientId } from "/assets/shared/api.js";
import { byId } from "/assets/shared/elements.js";
import { createChannelPanel } from "./channel-panel.js";
import { createChannels } from "./channels.js";
import { createComposer } from "./composer.js";
import { createSender, follow, tellFocus } from "./connection.js";
import { createConversation } from "./conversation.js";
import { createModelPicker } from "./model-picker.js";
import { createStatusView } from "./status-view.js";
import { createVocabulary } from "./suggestions.js";

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

/** What goes wrong is shown above the composer. */
async function attempt(work) {
  await work().catch((error) => composer.showFault(error.message));
}

/** Does what a button says. On a panel what comes of it is shown in its place. */
async function press(command, { on, panel, id } = {}) {
  if (panel === undefined) conversation.toEnd();
  const inPlace = panel && ((reply) => conversation.showEphemeral({ ...reply, id }));
  await attempt(() => sender.send(command, inPlace, { on, panel }));
}

const handlers = {
  message: conversation.add,
  edit: conversation.edit,
  mark: conversation.mark,
  removed: conversation.remove,
  model: picker.show,
  channels: ({ channels: list }) => channels.set(list),
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

function showName(name) {
  byId("room-title").textContent = name;
  byId("composer-text").placeholder = `Message #${name}`;
  document.title = `#${name} · Evergreen`;
}

function enter(channel) {
  unfollow();
  conversation.clear();
  unfollow = follow({
    channel,
    client,
    onChannels: channels.set,
    onMessages: conversation.setMessages,
    onModel: picker.show,
    onEvent: (name, data) => handlers[name]?.(data),
    onConnection(isConnected) {
      if (isConnected && !byId("offline").hidden) composer.showFault(""); // that the bot is away is over
      byId("offline").hidden = isConnected;
    },
  });
}

/** Which channels exist; whoever follows one hears of it again and again. */
async function learnChannels() {
  const { channels: list } = await call("/api/channels").catch(() => ({ channels: [] })); // the connection shows why
  channels.set(list);
}

byId("stop").addEventListener("click", () => press("/chat stop"));
byId("welcome").addEventListener("click", (event) => {
  const text = event.target.closest("[data-send]")?.dataset.send;
  if (text !== undefined) press(text);
});
await learnChannels();
tellFocus();
composer.begin();
