import type { webApi } from "@slack/bolt";
import { z } from "zod";
import { messageOf } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import type { ReplyFile } from "../../../commands/command.js";
import { code } from "../../../commands/wording/markdown.js";
import { phrase, t } from "../../../languages/translate.js";
import { PlatformError, WAS_DELETED } from "../../port/platform-error.js";
import { isFileAddress } from "../wire/addresses.js";
import { slackErrorOf } from "../wire/errors.js";
import type { Caller } from "./caller.js";

/**
 * Sends files into the direct messages with a person: Slack has no ephemeral files. Resolves with a line that says
 * whether that worked. Never rejects.
 */
export async function sendFiles(
  { files, log }: { readonly files: FileCalls; readonly log: Log },
  user: string,
  all: readonly ReplyFile[],
): Promise<string> {
  const names = all.map(({ name }) => code(name)).join(", ");
  try {
    await files.upload(await files.openDirect(user), all);
    return t`📎 ${names} is in our direct messages.`;
  } catch (error) {
    log.warn({ error, user }, "slack: file could not be sent");
    const scopes =
      slackErrorOf(error) === "missing_scope" ? t` (the app needs the scopes files:write and im:write)` : "";
    return t`⚠️ ${names} could not be sent to you: ${messageOf(error)}${scopes}.`;
  }
}

/** Calls to Slack's file store. All of them throw {PlatformError}. */
export interface FileCalls {
  /** Resolves with Slack's description of a file. */
  info(file: string): Promise<unknown>;
  /** `isPage`: the file is HTML; HTML in place of any other file is Slack's sign-in page. */
  download(url: string, terms: DownloadTerms): Promise<Uint8Array>;
  /** Resolves with the channel of the direct messages with a person. */
  openDirect(user: string): Promise<string>;
  /** Shares files in a channel. */
  upload(channel: string, files: readonly ReplyFile[]): Promise<void>;
}

interface DownloadTerms {
  readonly maxBytes: number;
  readonly isPage: boolean;
  readonly signal: AbortSignal;
}

interface FileCallsDeps {
  readonly client: webApi.WebClient;
  readonly caller: Caller;
  readonly botToken: string;
  /** Base address of a stand-in for Slack. */
  readonly apiUrl: string | undefined;
}

const infoSchema = z.object({ file: z.looseObject({}) });
const openedSchema = z.object({ channel: z.looseObject({ id: z.string().min(1) }) });
const ticketSchema = z.object({ upload_url: z.url(), file_id: z.string().min(1) });
const MAX_REDIRECTS = 3;
const UPLOAD_TIMEOUT_MS = 30_000;

export function createFileCalls({ client, caller, botToken, apiUrl }: FileCallsDeps): FileCalls {
  return {
    info: (file) => caller.now("files.info", "", async () => infoSchema.parse(await client.files.info({ file })).file),
    async download(url, { maxBytes, isPage, signal }) {
      if (!isFileAddress(url, apiUrl)) {
        const text = "This file is stored outside Slack, and the bot reads only files in Slack";
        throw new PlatformError("slack", "forbidden", text, { why: phrase`it is stored outside Slack` });
      }
      const response = await openFile(url, { botToken, apiUrl, signal }).catch((error) => {
        signal.throwIfAborted();
        throw new PlatformError("slack", "unavailable", "Slack did not return the file", { cause: error });
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
    async upload(channel, files) {
      const uploaded: { id: string; title: string }[] = [];
      for (const { name: filename, bytes } of files) {
        const { upload_url, file_id } = await caller.now("files.getUploadURLExternal", "", async () =>
          ticketSchema.parse(await client.files.getUploadURLExternal({ filename, length: bytes.length })),
        );
        await uploadBytes(upload_url, bytes);
        uploaded.push({ id: file_id, title: filename });
      }
      const [first, ...rest] = uploaded;
      if (first === undefined) return;
      await caller.now("files.completeUploadExternal", "", () =>
        client.files.completeUploadExternal({ files: [first, ...rest], channel_id: channel }),
      );
    },
  };
}

/** Sends a file's bytes without the token: whoever has the address may upload there. */
async function uploadBytes(url: string, bytes: Uint8Array): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: bytes as Uint8Array<ArrayBuffer>,
    redirect: "error",
    signal: AbortSignal.timeout(UPLOAD_TIMEOUT_MS),
  }).catch((error) => {
    throw new PlatformError("slack", "unavailable", "Slack did not accept the file", { cause: error });
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new PlatformError("slack", "unavailable", `Slack did not accept the file (${response.status})`);
}

/** Requests a file with the bot token, and follows redirects only between Slack's own addresses. */
async function openFile(
  address: string,
  { botToken, apiUrl, signal }: Pick<FileCallsDeps, "botToken" | "apiUrl"> & { readonly signal: AbortSignal },
): Promise<Response> {
  let url = address;
  for (let step = 0; ; step++) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${botToken}` }, redirect: "manual", signal });
    const next = response.headers.get("location");
    const isRedirect = response.status >= 300 && response.status < 400 && next !== null && step < MAX_REDIRECTS;
    const target = isRedirect && URL.canParse(next, url) ? new URL(next, url).href : undefined;
    if (target === undefined || !isFileAddress(target, apiUrl)) return response;
    await response.body?.cancel();
    url = target;
  }
}

/** Returns why a response isn't the file: without access, Slack redirects to its sign-in page or shows it. */
function downloadFault({ status, headers }: Response, isPage: boolean): PlatformError | undefined {
  const isPageShown = headers.get("content-type")?.startsWith("text/html") === true && !isPage;
  if ((status >= 300 && status < 400) || status === 401 || status === 403 || (status === 200 && isPageShown)) {
    const text = "Slack does not let the bot read this file (scope files:read)";
    return new PlatformError("slack", "forbidden", text, {
      why: phrase`Slack does not let me read it (the app may lack the scope \`files:read\`)`,
    });
  }
  if (status === 404 || status === 410)
    return new PlatformError("slack", "gone", "This file no longer exists", { why: WAS_DELETED });
  if (status === 429) {
    const why = phrase`Slack limits downloads at the moment`;
    return new PlatformError("slack", "rate-limited", "Slack limits the reading of files", { why });
  }
  if (status !== 200) return new PlatformError("slack", "unavailable", `Slack did not return the file (${status})`);
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
