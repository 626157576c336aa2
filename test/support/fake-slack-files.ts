import type { IncomingMessage, ServerResponse } from "node:http";
import type { FakeWorkspace } from "./fake-slack-workspace.js";

/** Slack's file store: the way in by an address that is the permission, the way out by the bot token alone. */
export async function takeFileRequest(
  request: IncomingMessage,
  response: ServerResponse,
  { workspace, token, scopes }: { workspace: FakeWorkspace; token: string; scopes: readonly string[] },
): Promise<boolean> {
  const [, kind, id = ""] = (request.url ?? "").split("/");
  const file = workspace.files.get(id);
  if (kind === "upload" && request.method === "POST") {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    // The token belongs to the API and to files that are read.
    const isRight = file !== undefined && bytes.length === file.length && request.headers.authorization === undefined;
    if (isRight) file.bytes = bytes;
    response.writeHead(isRight ? 200 : 400).end(isRight ? `OK - ${bytes.length}` : "no");
    return true;
  }
  if (kind === "files-pri" && request.method === "GET") {
    const mayRead = request.headers.authorization === `Bearer ${token}` && scopes.includes("files:read");
    if (!mayRead) response.writeHead(302, { location: "https://evergreen.slack.com/?redir=files" }).end();
    else if (file?.bytes === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": "application/octet-stream" }).end(file.bytes);
    return true;
  }
  return false;
}
