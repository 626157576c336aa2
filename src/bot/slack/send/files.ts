import { messageOf } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import type { ReplyFile } from "../../../commands/command.js";
import { code } from "../../../commands/wording/markdown.js";
import { slackErrorOf } from "../wire/errors.js";
import type { Identity } from "../wire/identity.js";
import type { FileCalls } from "./file-calls.js";

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
