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
