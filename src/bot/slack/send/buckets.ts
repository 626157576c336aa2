import type { BucketTerms } from "../../delivery/token-bucket.js";

/** Slack allows bursts without saying how large ones: this part of a minute at once is assumed at first. */
const FIRST_BURST = 0.25;

const perMinute = (calls: number): BucketTerms => ({
  capacity: calls,
  perMinute: calls,
  burst: Math.floor(calls * FIRST_BURST),
});

/** Slack's published tiers: calls a minute, per workspace and method. */
const TIER_2 = perMinute(20);
const TIER_3 = perMinute(50);
const TIER_4 = perMinute(100);

const TERMS: Readonly<Record<string, BucketTerms>> = {
  // Special: about one a second and channel.
  "chat.postMessage": { capacity: 1, perMinute: 60 },
  "chat.update": TIER_3,
  "chat.postEphemeral": TIER_4,
  "chat.startStream": TIER_2,
  "chat.appendStream": TIER_4,
  "chat.stopStream": TIER_2,
  "reactions.add": TIER_3,
  "reactions.remove": TIER_2,
  "conversations.replies": TIER_3,
  "conversations.history": TIER_3,
  "conversations.open": TIER_3,
  "users.info": TIER_4,
  "users.conversations": TIER_3,
  "usergroups.users.list": TIER_2,
  "usergroups.list": TIER_2,
  "conversations.info": TIER_3,
  "files.info": TIER_4,
  "files.getUploadURLExternal": TIER_4,
  "files.completeUploadExternal": TIER_4,
  "views.publish": TIER_4,
  "agents.sessions.setStatus": TIER_3,
  "assistant.threads.setStatus": { capacity: 100, perMinute: 600 },
  "assistant.threads.setSuggestedPrompts": TIER_3,
  "assistant.threads.setTitle": TIER_3,
};

export const bucketOf = (method: string, channel: string): string =>
  method === "chat.postMessage" ? `${method} ${channel}` : method;

/**
 * Returns a bucket's terms as one of `replicas` processes uses it. Posts are not divided: they are counted by channel,
 * and several replicas rarely post in one channel in the same second.
 */
export function termsOf(bucket: string, replicas: () => number = () => 1): BucketTerms {
  const [method = "", channel] = bucket.split(" ");
  const terms = TERMS[method] ?? TIER_2;
  return channel === undefined ? { ...terms, sharers: replicas } : terms;
}
