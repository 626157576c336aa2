import type { WindowTerms } from "../budget-window.js";
import type { Rank } from "../platform.js";

const MINUTE_MS = 60_000;

/** Slack's published tiers, per workspace and method; posting is limited per channel. */
const TERMS: Readonly<Record<string, WindowTerms>> = {
  "chat.postMessage": { limit: 1, windowMs: 1_000 },
  "chat.update": { limit: 50, windowMs: MINUTE_MS },
  "chat.postEphemeral": { limit: 100, windowMs: MINUTE_MS },
  "reactions.add": { limit: 50, windowMs: MINUTE_MS },
  "reactions.remove": { limit: 20, windowMs: MINUTE_MS },
  "conversations.replies": { limit: 50, windowMs: MINUTE_MS },
  "users.info": { limit: 100, windowMs: MINUTE_MS },
};
/** The lowest tier that is not special. */
const UNKNOWN: WindowTerms = { limit: 20, windowMs: MINUTE_MS };

export const bucketOf = (method: string, channel: string): string =>
  method === "chat.postMessage" ? `${method} ${channel}` : method;

export const termsOf = (bucket: string): WindowTerms => TERMS[bucket.split(" ")[0] ?? ""] ?? UNKNOWN;

const METHODS: Readonly<Record<Rank, string | undefined>> = {
  "last-text": "chat.update",
  error: "chat.postMessage",
  "first-text": "chat.postMessage",
  progress: "chat.update",
  mark: "reactions.add",
  board: "chat.update",
  presence: undefined,
};

/** The call that something of this rank makes, where `call` does not say it; undefined where it makes none. */
export function methodOf(rank: Rank, call: "post" | "edit" | undefined): string | undefined {
  if (call === undefined) return METHODS[rank];
  return call === "post" ? "chat.postMessage" : "chat.update";
}
