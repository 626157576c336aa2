/** Calls a minute that Slack's tiers promise, per workspace and method; one a second for posting into a channel. */
const PER_MINUTE: Readonly<Record<string, number>> = {
  "chat.update": 50,
  "chat.postEphemeral": 100,
  "chat.delete": 50,
  "reactions.add": 50,
  "reactions.remove": 20,
  "conversations.replies": 50,
  "conversations.history": 50,
  "users.conversations": 50,
  "users.info": 100,
  "team.info": 50,
  "chat.startStream": 20,
  "chat.appendStream": 100,
  "chat.stopStream": 20,
  "usergroups.users.list": 20,
  "views.publish": 100,
  "conversations.open": 50,
  "files.info": 100,
  "files.getUploadURLExternal": 100,
  "files.completeUploadExternal": 100,
  "agents.sessions.setStatus": 50,
  "assistant.threads.setStatus": 600,
  "assistant.threads.setTitle": 50,
  "assistant.threads.setSuggestedPrompts": 50,
};

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * Token buckets, refilled evenly. `take` answers with the seconds to wait, or undefined. `burst`: the part of a minute's
 * calls that may come at once.
 */
export function createTiers(
  now: () => number,
  burst = 1,
): { take(method: string, channel: string): number | undefined } {
  const buckets = new Map<string, Bucket>();
  return {
    take(method, channel) {
      const isPost = method === "chat.postMessage";
      const limit = isPost ? 1 : PER_MINUTE[method];
      if (limit === undefined) return undefined;
      const perMs = isPost ? 1 / 1_000 : limit / 60_000;
      const name = isPost ? `${method} ${channel}` : method;
      const most = Math.max(1, Math.floor(limit * burst));
      const bucket = buckets.get(name) ?? { tokens: most, at: now() };
      bucket.tokens = Math.min(most, bucket.tokens + (now() - bucket.at) * perMs);
      bucket.at = now();
      buckets.set(name, bucket);
      if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perMs / 1_000));
      bucket.tokens -= 1;
      return undefined;
    },
  };
}
