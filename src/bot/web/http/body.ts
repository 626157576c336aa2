import type { Context } from "hono";
import { HttpError } from "./http-error.js";

/** Larger than any request that a person makes; the chat has its own limit of a text's length. */
export const MAX_BODY_BYTES = 1_048_576;

/**
 * Read and thrown away of a body that is too large: whoever is still sending it would not see the refusal otherwise.
 */
const MOST_DISCARDED_BYTES = 64 * MAX_BODY_BYTES;

/**
 * The request's body as JSON.
 * @throws {HttpError} 415 for another content type, 413 above 1 MiB, 400 where it is no JSON or breaks off
 */
export async function readJson(context: Context): Promise<unknown> {
  requireType(context, "application/json");
  const text = await readText(context, MAX_BODY_BYTES);
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, "The body is not valid JSON.");
  }
}

/** The fields of a plain HTML form. @throws {HttpError} 415, 413 */
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
  try {
    for await (const chunk of context.req.raw.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MOST_DISCARDED_BYTES) break;
      if (bytes <= maxBytes) chunks.push(chunk);
    }
  } catch {
    throw new HttpError(400, "The body broke off."); // nobody hears it: whoever sent it is gone
  }
  if (bytes > maxBytes) throw tooLarge();
  return new TextDecoder().decode(Buffer.concat(chunks));
}
