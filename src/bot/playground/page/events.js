import { call } from "/assets/shared/api.js";
import { keepOpen } from "/assets/shared/live.js";

/**
 * Follows a channel. After each (re)connection the whole conversation is read anew, and what happens meanwhile is
 * held back until it is there, so that nothing is missed and nothing runs backwards.
 * @returns a function that ends it
 */
export function follow({ channel, client, onMessages, onModel, onEvent, onConnection }) {
  const path = `/api/channels/${encodeURIComponent(channel)}`;
  return keepOpen({
    path: `${path}/events?client=${encodeURIComponent(client)}`,
    atOnce: ["status"],
    async onOpen(isCurrent) {
      const [{ messages }, model] = await Promise.all([call(`${path}/messages`), call(`${path}/model`)]);
      if (!isCurrent()) return;
      onMessages(messages);
      onModel(model);
    },
    onEvent,
    onConnection,
  });
}
