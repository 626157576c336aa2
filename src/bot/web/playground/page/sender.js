import { call } from "/assets/shared/api.js";

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
