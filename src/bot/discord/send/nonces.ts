/** Beyond so many, the oldest question's answers may be posted twice again. */
const MOST_QUESTIONS = 2_000;

interface Count {
  posts: number;
  /** What was sent by the name of the next post so far. */
  readonly sent: Set<string>;
}

/**
 * Names the posts below each question, so that one whose answer was lost on its way is not there twice when it is sent
 * again: Discord gives back the message that it has by that name already.
 * https://discord.com/developers/docs/resources/message#create-message
 */
export function createNonces(mark: string) {
  const counts = new Map<string, Count>();

  return {
    /** Fields of the next post; `mayDiffer`: another `body` was sent by the same name before, and may be what is there. `done`: it is there. */
    next(question: string | undefined, body: unknown) {
      if (question === undefined) return { nonce: {}, mayDiffer: false, done: () => {} };
      const count = counts.get(question) ?? { posts: 0, sent: new Set() };
      counts.delete(question);
      counts.set(question, count);
      const [oldest] = counts.keys();
      if (counts.size > MOST_QUESTIONS && oldest !== undefined) counts.delete(oldest);
      count.sent.add(JSON.stringify(body));
      return {
        // 25 characters at most: a snowflake is 13 to this base.
        nonce: { nonce: `${BigInt(question).toString(36)}${mark}${count.posts.toString(36)}`, enforce_nonce: true },
        mayDiffer: count.sent.size > 1,
        done() {
          count.posts += 1;
          count.sent.clear();
        },
      };
    },
  };
}
