import type { IncomingMessage } from "node:http";

/** Slack's largest payloads hold one message of 40,000 characters and its blocks. */
const MAX_BODY_BYTES = 1_000_000;

/** The whole body as text; undefined when it is too long. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
