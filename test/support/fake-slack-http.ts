import { createHmac } from "node:crypto";

export interface HttpTarget {
  /** "http://127.0.0.1:3000/slack/events". */
  readonly url: string;
  readonly signingSecret: string;
}

/** Slack's signature of a body at a time, in epoch seconds. */
export const sign = (secret: string, timestamp: number, body: string): string =>
  `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;

/** One signed request, as Slack sends it; `now` in epoch ms. */
export async function sendSigned(
  { url, signingSecret }: HttpTarget,
  request: {
    readonly body: string;
    readonly contentType: string;
    readonly now: number;
    readonly timeoutMs?: number;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<Response> {
  const { body, contentType, now, timeoutMs = 3_000, headers = {} } = request;
  const timestamp = Math.floor(now / 1_000);
  return fetch(url, {
    method: "POST",
    headers: {
      ...headers,
      "content-type": contentType,
      "x-slack-request-timestamp": String(timestamp),
      "x-slack-signature": sign(signingSecret, timestamp, body),
    },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  });
}

/** Events travel as JSON, commands as a form, presses as JSON inside a form. */
export function encode(kind: "events_api" | "slash_commands" | "interactive", body: Record<string, unknown>) {
  if (kind === "events_api") return { body: JSON.stringify(body), contentType: "application/json" };
  const form =
    kind === "interactive"
      ? { payload: JSON.stringify(body) }
      : Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));
  return { body: new URLSearchParams(form).toString(), contentType: "application/x-www-form-urlencoded" };
}
