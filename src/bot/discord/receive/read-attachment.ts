import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import { messageOf } from "../../../base/errors.js";
import { phrase, type Said } from "../../../languages/translate.js";
import type { Attachment } from "../../port/platform.js";
import { PlatformError, type PlatformErrorReason } from "../../port/platform-error.js";
import type { AttachmentEvent } from "../wire/events.js";

export interface AttachmentDeps {
  readonly apiUrl: string | undefined;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
}

/** Where Discord keeps what people upload, and its copies of the pictures in embeds. */
const CDN_HOSTS = [
  "cdn.discordapp.com",
  "media.discordapp.net",
  "images-ext-1.discordapp.net",
  "images-ext-2.discordapp.net",
];
const TIMEOUT_MS = 30_000;

/** The files beside a message, read from Discord's hosts alone: another address could be one inside the network. */
export const discordAttachments = (found: readonly AttachmentEvent[], deps: AttachmentDeps): readonly Attachment[] =>
  found.map(({ filename, size, url, content_type }) => ({
    name: filename,
    sizeBytes: size,
    ...(content_type !== undefined && { mediaType: content_type }),
    read: (maxBytes, signal) =>
      withDeadline((inner) => read(deps, { url, filename, maxBytes, signal: inner }), {
        what: `the file ${filename}`,
        timeoutMs: TIMEOUT_MS,
        clock: deps.clock,
        signal,
      }),
  }));

interface Wanted {
  readonly url: string;
  readonly filename: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

async function read(deps: AttachmentDeps, { url, filename, maxBytes, signal }: Wanted): Promise<Uint8Array> {
  if (!isDiscords(url, deps.apiUrl))
    throw refused(`The file ${filename} is not at one of Discord's own addresses`, ELSEWHERE);
  const response = await deps.fetch(url, { redirect: "error", signal }).catch((error) => {
    signal.throwIfAborted();
    throw new PlatformError("discord", "unavailable", `The file ${filename} could not be fetched: ${messageOf(error)}`);
  });
  if (!response.ok) {
    await response.body?.cancel();
    const why = response.status === 404 && hasExpired(url, deps.clock.now()) ? phrase`its link has expired` : undefined;
    const text = `The file ${filename} could not be fetched (HTTP ${response.status})`;
    throw new PlatformError("discord", FAILURES[response.status] ?? "unavailable", text, { why });
  }
  return upTo(response, maxBytes, filename);
}

const ELSEWHERE = phrase`it is not on Discord's own servers, and I fetch from no others`;

const FAILURES: Readonly<Record<number, PlatformErrorReason>> = {
  401: "forbidden",
  403: "forbidden",
  404: "gone",
  410: "gone",
};

/** Links to files are signed for about a day: `ex` is the end of that, in seconds, as hexadecimal. */
function hasExpired(url: string, now: number): boolean {
  const seconds = Number.parseInt(new URL(url).searchParams.get("ex") ?? "", 16);
  return seconds * 1000 < now;
}

/** Stops reading with the first byte too many, whatever was said of the size. */
async function upTo(response: Response, maxBytes: number, filename: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop ends the download.
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw refused(`The file ${filename} is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Beside Discord's own, the host that the API was moved to by the operator. */
function isDiscords(url: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password, port } = new URL(url);
  if (username !== "" || password !== "") return false;
  if (apiUrl !== undefined) {
    const api = new URL(apiUrl);
    if (hostname === api.hostname && protocol === api.protocol) return true;
  }
  return protocol === "https:" && port === "" && CDN_HOSTS.includes(hostname);
}

const refused = (text: string, why?: Said) => new PlatformError("discord", "refused", text, { why });
