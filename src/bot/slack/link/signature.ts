import { verifySlackRequest } from "@slack/bolt";

/** Slack's own advice: a request that is older may be a replay. Bolt lets any later time pass. */
const MAX_SKEW_SECONDS = 300;

/** True for a request that Slack signed within the last five minutes, with clocks apart by no more than that. */
export function isSigned(
  request: { readonly timestamp: unknown; readonly signature: unknown; readonly body: string },
  { signingSecret, now }: { readonly signingSecret: string; readonly now: number },
): boolean {
  const { timestamp, signature, body } = request;
  if (typeof signature !== "string" || typeof timestamp !== "string" || !/^\d{1,12}$/.test(timestamp)) return false;
  const seconds = Number(timestamp);
  if (Math.abs(Math.floor(now / 1000) - seconds) > MAX_SKEW_SECONDS) return false;
  try {
    const headers = { "x-slack-signature": signature, "x-slack-request-timestamp": seconds };
    verifySlackRequest({ signingSecret, body, headers, nowMilliseconds: now });
    return true;
  } catch {
    return false; // whoever sent it is told so by the status
  }
}
