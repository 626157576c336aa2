import { call, clientId } from "./api.js";
import { createChannels } from "./channels.js";
import { createComposer } from "./composer.js";
import { createConversation } from "./conversation.js";
import { byId } from "./elements.js";
import { follow } from "./events.js";
import { tellFocus } from "./focus.js";
import { createSender } from "./sender.js";
import { createStatusView } from "./status-view.js";
import { createVocabulary } from "./vocabulary.js";

const client = clientId();
let unfollow = () => {};
let hasBeenAway = false;

const sender = createSender({ client, channel: () => channels.current() });
const vocabulary = createVocabulary({ onLoaded: () => composer.offer() });
const conversation = createConversation({
  press,
  onDismiss: () => composer.focus(),
  onChange(isWorking) {
    byId("stop").hidden = !isWorking;
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
const channels = createChannels({ onChoose: enter });

/** Does what a button says; what goes wrong is shown above the composer. */
async function press(command) {
  conversation.toEnd();
  await sender.send(command).catch((error) => composer.showFault(error.message));
}

const handlers = {
  message(message) {
    conversation.add(message);
    channels.noteMessage();
  },
  edit: conversation.edit,
  mark: conversation.mark,
  removed: conversation.remove,
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

function enter(channel) {
  unfollow();
  conversation.clear();
  byId("room-title").textContent = `Conversation in ${channel}`;
  byId("composer-text").placeholder = `Message #${channel}`;
  document.title = `#${channel} · Evergreen`;
  unfollow = follow({
    channel,
    client,
    onMessages: conversation.setMessages,
    onEvent: (name, data) => handlers[name](data),
    onConnection(isConnected) {
      byId("offline").hidden = isConnected;
      if (isConnected && hasBeenAway) learnChannels();
      hasBeenAway = !isConnected;
    },
  });
}

/** Which channels exist; asked again after the bot was away. */
async function learnChannels() {
  try {
    const { channels: list } = await call("/api/channels");
    channels.setNames(list.map(({ id }) => id));
  } catch {
    if (channels.current() === undefined) channels.setNames([]); // the connection shows that the bot is away
  }
}

byId("stop").addEventListener("click", () => press("/chat stop"));
byId("welcome").addEventListener("click", (event) => {
  const text = event.target.closest("[data-send]")?.dataset.send;
  if (text !== undefined) press(text);
});
await learnChannels();
tellFocus();
composer.focus();
