import type { webApi } from "@slack/bolt";
import { z } from "zod";
import { messageOf } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import { isLoopbackHost } from "../../../base/variables.js";
import type { ReplyFile } from "../../../commands/command.js";
import { code } from "../../../commands/wording/wording.js";
import type { ChannelKey } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { slackErrorOf } from "../wire/errors.js";
import type { Identity } from "../wire/identity.js";
import type { Caller } from "./caller.js";

export interface SendFilesDeps {
  readonly files: FileCalls;
  readonly identity: Identity;
  readonly log: Log;
}

/** Slack has no files that one person alone sees: they go into the direct messages with them. Says what came of it; never rejects. */
export async function sendFiles(
  { files, identity, log }: SendFilesDeps,
  user: string,
  all: readonly ReplyFile[],
): Promise<string> {
  const names = all.map(({ name }) => code(name)).join(", ");
  try {
    const channel = await files.openDirect(user);
    await files.upload({ platform: "slack", workspace: identity.teamId, channel }, all);
    return `📎 ${names} is in our direct messages.`;
  } catch (error) {
    log.warn({ error, user }, "a file was not sent");
    const scopes =
      slackErrorOf(error) === "missing_scope" ? " (the app needs the scopes files:write and im:write)" : "";
    return `⚠️ ${names} could not be sent to you: ${messageOf(error)}${scopes}.`;
  }
}

/** What goes through Slack's file store. All of them throw {PlatformError}. */
export interface FileCalls {
  /** What Slack knows of a file. */
  info(file: string): Promise<unknown>;
  /** `isPage`: the file itself is HTML; else such an answer is Slack's sign-in page. */
  download(
    url: string,
    terms: { readonly maxBytes: number; readonly isPage: boolean; readonly signal: AbortSignal },
  ): Promise<Uint8Array>;
  /** The channel of the direct messages with somebody. */
  openDirect(user: string): Promise<string>;
  /** Shares files in a channel. */
  upload(place: ChannelKey, files: readonly ReplyFile[]): Promise<void>;
}

export interface FileCallsDeps {
  readonly client: webApi.WebClient;
  readonly caller: Caller;
  readonly botToken: string;
  readonly apiUrl: string | undefined;
}

const infoSchema = z.object({ file: z.looseObject({}) });
const openedSchema = z.object({ channel: z.looseObject({ id: z.string().min(1) }) });
const ticketSchema = z.object({ upload_url: z.url(), file_id: z.string().min(1) });
const MOST_REDIRECTS = 3;
const UPLOAD_TIMEOUT_MS = 30_000;

export function createFileCalls({ client, caller, botToken, apiUrl }: FileCallsDeps): FileCalls {
  const send = async (url: string, file: ReplyFile): Promise<void> => {
    // The address is the permission: the token stays at home.
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: file.bytes as Uint8Array<ArrayBuffer>,
      redirect: "error",
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
    }).catch((error) => {
      throw new PlatformError("slack", "unavailable", "Slack took no file", { cause: error });
    });
    await response.body?.cancel();
    if (!response.ok) throw new PlatformError("slack", "unavailable", `Slack took no file (${response.status})`);
  };
  /** Follows Slack from one of its own addresses to another, and nowhere else. */
  const open = async (address: string, signal: AbortSignal): Promise<Response> => {
    let url = address;
    for (let step = 0; ; step++) {
      const headers = { authorization: `Bearer ${botToken}` };
      const response = await fetch(url, { headers, redirect: "manual", signal });
      const next = response.headers.get("location");
      const goesOn = response.status >= 300 && response.status < 400 && next !== null && step < MOST_REDIRECTS;
      const target = goesOn && URL.canParse(next, url) ? new URL(next, url).href : undefined;
      if (target === undefined || !isFileAddress(target, apiUrl)) return response;
      await response.body?.cancel();
      url = target;
    }
  };
  return {
    info: (file) => caller.now("files.info", "", async () => infoSchema.parse(await client.files.info({ file })).file),
    async download(url, { maxBytes, isPage, signal }) {
      if (!isFileAddress(url, apiUrl)) {
        throw new PlatformError("slack", "forbidden", "This file is kept outside Slack, where the bot does not look");
      }
      const response = await open(url, signal).catch((error) => {
        signal.throwIfAborted();
        throw new PlatformError("slack", "unavailable", "Slack gave no file", { cause: error });
      });
      const fault = downloadFault(response, isPage);
      if (fault === undefined) return readLimited(response, maxBytes);
      await response.body?.cancel();
      throw fault;
    },
    openDirect: (user) =>
      caller.now("conversations.open", "", async () => {
        return openedSchema.parse(await client.conversations.open({ users: user })).channel.id;
      }),
    async upload(place, files) {
      const uploaded: { id: string; title: string }[] = [];
      for (const file of files) {
        const { upload_url, file_id } = await caller.now("files.getUploadURLExternal", "", async () =>
          ticketSchema.parse(
            await client.files.getUploadURLExternal({ filename: file.name, length: file.bytes.length }),
          ),
        );
        await send(upload_url, file);
        uploaded.push({ id: file_id, title: file.name });
      }
      const [first, ...rest] = uploaded;
      if (first === undefined) return;
      await caller.now("files.completeUploadExternal", "", () =>
        client.files.completeUploadExternal({ files: [first, ...rest], channel_id: place.channel }),
      );
    },
  };
}

/** Slack sends those whom it does not let in to its sign-in page, or shows it at once. */
function downloadFault({ status, headers }: Response, isPage: boolean): PlatformError | undefined {
  const isPageShown = headers.get("content-type")?.startsWith("text/html") === true && !isPage;
  if ((status >= 300 && status < 400) || status === 401 || status === 403 || (status === 200 && isPageShown)) {
    return new PlatformError("slack", "forbidden", "Slack does not let the bot read this file (scope files:read)");
  }
  if (status === 404 || status === 410) return new PlatformError("slack", "gone", "This file is no more");
  if (status === 429) return new PlatformError("slack", "rate-limited", "Slack limits the reading of files");
  if (status !== 200) return new PlatformError("slack", "unavailable", `Slack gave no file (${status})`);
  return undefined;
}

async function readLimited(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop ends the transfer.
    if (size > maxBytes) throw new PlatformError("slack", "refused", `This file has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** Where Slack keeps files: the only place besides its API that ever sees the bot token. */
const FILE_HOST = "files.slack.com";

/**
 * Whether a file's address is Slack's own: https on files.slack.com. Where the API's base is another one, a stand-in
 * for Slack, its origin counts as well, by whichever name of loopback.
 */
export function isFileAddress(address: string, apiUrl: string | undefined): boolean {
  const url = parsed(address);
  if (url === undefined || url.username !== "" || url.password !== "") return false;
  if (url.protocol === "https:" && url.host === FILE_HOST) return true;
  const api = parsed(apiUrl ?? "");
  if (api === undefined) return false;
  const areBothHere = isHere(api) && isHere(url) && api.protocol === url.protocol && api.port === url.port;
  return url.origin === api.origin || areBothHere;
}

const isHere = ({ hostname }: URL) => isLoopbackHost(hostname.replace(/^\[|\]$/g, ""));

function parsed(address: string): URL | undefined {
  try {
    return new URL(address);
  } catch {
    return undefined; // no address: refused by the caller
  }
}
