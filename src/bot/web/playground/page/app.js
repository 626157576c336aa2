import { call, clientId } from "/assets/shared/api.js";
import { byId, messageOf } from "/assets/shared/elements.js";
import { isUnderWay, plainWords } from "/assets/shared/texts.js";
import { t } from "/assets/shared/translate.js";
import { createChannelPanel } from "./channels/channel-panel.js";
import { createChannels } from "./channels/channels.js";
import { createSearch } from "./channels/search.js";
import { createComposer } from "./composer/composer.js";
import { createVocabulary } from "./composer/vocabulary.js";
import { createSender, follow, readBefore, readChannels, tellFocus } from "./connection.js";
import { createConversation } from "./conversation.js";
import { createKeys } from "./keys.js";
import { createModelPicker } from "./model/model-picker.js";
import { createSettingsPanel } from "./settings/settings-panel.js";
import { createStatusView } from "./settings/status-view.js";
import { showToast } from "./toasts.js";

/**
 * @import { ConversationModel } from "../../../port/conversation-facts.js"
 * @import { EphemeralReply } from "./message/ephemeral.js"
 */

const client = clientId();
let unfollow = () => {};
/** A message that was searched for, shown once its channel is there. @type {string | undefined} */
let wanted;

const sender = createSender({ client, channel: () => channels.current() });
const vocabulary = createVocabulary({
  onLoaded() {
    composer.offer();
    picker.offer();
  },
});
const channelPath = () => `/api/channels/${channels.current()}`;
const conversation = createConversation({
  actions: {
    press,
    react: (message, emoji) => attempt(() => call("/api/marks", { channel: channels.current(), message, emoji })),
    retryWith(message) {
      picker.open({
        title: t`Answer again with…`,
        about: t`For this answer only; the channel keeps its model.`,
        choose: (model) => press(`/chat retry model:${model}`, { on: message }),
      });
    },
    edit() {
      const question = lastQuestion();
      if (question !== undefined) composer.edit(question);
    },
    fileAddress,
  },
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
  lastQuestion,
  imageWarning: () => picker.imageWarning(),
  async send(text, files, replaces) {
    conversation.toEnd();
    await sender.send(text, undefined, { ...(files.length > 0 && { files }), ...(replaces && { replaces }) });
  },
});
const status = createStatusView({ press, send: sender.send });
const picker = createModelPicker({ run, vocabulary: vocabulary.current, onClose: () => composer.focus() });
const settings = createSettingsPanel({
  change: status.change,
  run: (command) => {
    byId("settings", HTMLDialogElement).close();
    press(command);
  },
  pickModel(choose) {
    picker.open({ title: t`Model of new channels`, about: t`Channels that have a model keep it.`, choose });
  },
});
const channels = createChannels({
  onChoose: enter,
  onRename: showName,
  create: (name) => call("/api/channels", { name }),
});
createChannelPanel({
  name: channels.currentName,
  rename: (name) => call(channelPath(), { name }, "PATCH"),
  erase: () => call(channelPath(), undefined, "DELETE"),
  onClose: () => composer.focus(),
});
const search = createSearch({
  channel: channels.current,
  nameOf: channels.nameOf,
  show(channel, message) {
    wanted = message;
    if (channel === channels.current()) return pointToWanted();
    location.hash = channel;
  },
});
createKeys({
  pickModel: () => picker.open(),
  search: search.open,
  stop() {
    if (byId("stop").hidden) return false;
    press("/chat stop");
    return true;
  },
});

/** @param {string} message @param {number} index */
function fileAddress(message, index) {
  return `${channelPath()}/messages/${message}/files/${index}`;
}

/** @returns {import("./composer/composer.js").EditedQuestion | undefined} */
function lastQuestion() {
  const last = conversation.lastQuestion();
  if (last === undefined) return undefined;
  const files = (last.files ?? []).map((file, index) => ({ ...file, address: fileAddress(last.id, index) }));
  return { id: isUnderWay(last.marks) ? undefined : last.id, text: last.text, files };
}

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
async function press(command, { on, panel, id, onReply } = {}) {
  if (panel === undefined) conversation.toEnd();
  const inPlace =
    panel === undefined || id === undefined
      ? undefined
      : (/** @type {EphemeralReply} */ reply) => conversation.showEphemeral({ ...reply, id });
  await attempt(() => sender.send(command, inPlace, { on, panel }, onReply));
}

/**
 * Runs a command of the page's own controls: what came of it is said for a moment, and anything longer is a card.
 * @param {string} command
 */
async function run(command) {
  /** @param {EphemeralReply} reply */
  const show = (reply) =>
    reply.isFailure || reply.text.includes("\n") || reply.controls.some((control) => "options" in control)
      ? conversation.showEphemeral(reply, command)
      : showToast(plainWords(reply.text), reply.controls, run);
  await attempt(() => sender.send(command, show));
}

function pointToWanted() {
  const id = wanted;
  wanted = undefined;
  if (id !== undefined) requestAnimationFrame(() => conversation.point(id));
}

/** @param {ConversationModel} model */
function showModel(model) {
  picker.show(model);
  settings.show(model);
  conversation.setStart(model.startedAt ?? null);
}

/** @type {Readonly<Record<string, (data: never) => void>>} */
const handlers = {
  message: conversation.add,
  edit: conversation.edit,
  mark: conversation.mark,
  removed: conversation.remove,
  model: showModel,
  channels: ({ channels: list }) => channels.set(list),
  channel: channels.add,
  activity: channels.showActivity,
  /** @param {EphemeralReply} reply */
  async ephemeral(reply) {
    const channel = channels.current();
    const { text, onReply } = await sender.commandOf(reply);
    if (onReply !== undefined) onReply(reply);
    else if (channel !== channels.current()) return;
    else if (reply.isQuiet) showToast(plainWords(reply.text));
    else conversation.showEphemeral(reply, text);
  },
  status(now) {
    status.update(now);
    vocabulary.expire();
    picker.offer();
  },
};

/** @type {(name: string, isThere: boolean) => void} */
function showName(name, isThere) {
  byId("room-title").textContent = name;
  byId("composer-text", HTMLTextAreaElement).placeholder = t`Message #${name}`;
  document.title = `#${name} · Evergreen`;
  const offer = byId("channel-make");
  offer.hidden = isThere || name === "general";
  offer.textContent = t`Create #${name}`;
}

/** @param {string} channel */
function enter(channel) {
  unfollow();
  conversation.clear();
  composer.enter(channel);
  unfollow = follow({
    channel,
    client,
    onChannels: channels.set,
    onMessages(messages) {
      conversation.setMessages(messages);
      pointToWanted();
    },
    onModel: showModel,
    onEvent: (name, data) => handlers[name]?.(/** @type {never} */ (data)),
    onConnection(isConnected) {
      if (isConnected && !byId("offline").hidden) composer.showFault(""); // that the bot is away is over
      byId("offline").hidden = isConnected;
    },
  });
}

byId("stop").addEventListener("click", () => press("/chat stop"));
byId("channel-make").addEventListener("click", async () => {
  await attempt(channels.createCurrent);
  composer.focus();
});
channels.set(await readChannels()); // later changes come as events
tellFocus();
