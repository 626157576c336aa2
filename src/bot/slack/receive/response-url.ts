import { PlatformError } from "../../port/platform-error.js";
import type { SlackMessage } from "../send/render.js";

const TIMEOUT_MS = 10_000;

/** Answers a command or a press for its author only. @throws {PlatformError} `gone` when the address is used up */
export async function sendResponse(url: string, message: SlackMessage, replacesOriginal: boolean): Promise<void> {
  const body = {
    response_type: "ephemeral",
    replace_original: replacesOriginal,
    text: message.text,
    blocks: message.blocks,
  };
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (error) {
    throw new PlatformError("slack", "unavailable", "Slack took no reply to a command", { cause: error });
  }
  const text = await response.text();
  if (response.ok) return;
  const reason =
    response.status === 404 || response.status === 410 ? "gone" : response.status >= 500 ? "unavailable" : "refused";
  throw new PlatformError(
    "slack",
    reason,
    `Slack refused a reply to a command (${response.status}: ${text.slice(0, 80)})`,
  );
}
