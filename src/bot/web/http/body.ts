import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { HttpError } from "./http-error.js";

/** Larger than any request that a person makes; the chat limits the length of a text itself. */
export const MAX_BODY_BYTES = 1_048_576;

/**
 * How much of a body that is too large is read and thrown away. A client that is still sending would otherwise not see
 * the refusal, which is why hono's body-limit middleware does not do here: it stops reading at the limit.
 */
const MAX_DISCARDED_BYTES = 64 * MAX_BODY_BYTES;

/**
 * Reads the request's body as JSON.
 * @throws {HttpError} 415 for another content type, 413 above `maxBytes` (default: 1 MiB), 400 where it is not JSON or
 * breaks off
 */
export async function readJson(context: Context, maxBytes = MAX_BODY_BYTES): Promise<unknown> {
  requireType(context, "application/json");
  const text = await readText(context, maxBytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, "The body is not valid JSON.");
  }
}

/** Reads the fields of a plain HTML form. @throws {HttpError} 415, 413 */
export async function readForm(context: Context, maxBytes: number): Promise<URLSearchParams> {
  requireType(context, "application/x-www-form-urlencoded");
  return new URLSearchParams(await readText(context, maxBytes));
}

function requireType(context: Context, type: string): void {
  const sent = context.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (sent !== type) throw new HttpError(415, `Send the body as ${type}.`);
}

async function readText(context: Context, maxBytes: number): Promise<string> {
  const tooLarge = () => new HttpError(413, `The body is larger than ${maxBytes} bytes.`);
  if (Number(context.req.header("content-length") ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const take = (chunk: Uint8Array): boolean => {
    bytes += chunk.byteLength;
    if (bytes <= maxBytes) chunks.push(chunk);
    return bytes <= MAX_DISCARDED_BYTES;
  };
  try {
    await readChunks(context, take);
  } catch {
    throw new HttpError(400, "The body ended too early."); // nobody reads this answer: the client is gone
  }
  if (bytes > maxBytes) throw tooLarge();
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Hands on what comes in until `take` has enough. A web stream would take a third of a request's whole time. */
async function readChunks({ env, req }: Context, take: (chunk: Uint8Array) => boolean): Promise<void> {
  const { incoming } = (env ?? {}) as Partial<HttpBindings>;
  if (incoming === undefined) {
    for await (const chunk of req.raw.body ?? []) if (!take(chunk)) break;
    return;
  }
  await new Promise<void>((resolve, reject) => {
    if (incoming.destroyed) reject(new Error("closed"));
    incoming.on("data", (chunk: Buffer) => {
      if (take(chunk)) return;
      incoming.pause();
      resolve();
    });
    incoming.on("end", resolve);
    incoming.on("error", reject);
    incoming.on("close", () => reject(new Error("closed")));
  });
}
