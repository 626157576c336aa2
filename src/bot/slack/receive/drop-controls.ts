import type { types } from "@slack/bolt";
import { render } from "../send/render.js";
import { unescaped } from "../wire/escape.js";
import type { DoorDeps } from "./doors.js";

/** The message that a control was pressed on, as the press brings it along. */
export interface PressedMessage {
  readonly channel?: { readonly id: string } | undefined;
  readonly message?:
    | {
        readonly ts?: string | undefined;
        readonly text?: string | null | undefined;
        readonly blocks?: readonly types.KnownBlock[] | null | undefined;
      }
    | null
    | undefined;
}

/** Takes the controls off a message whose controls have served; everything else on it stays. Never rejects. */
export async function dropControls(
  { calls, identity, log }: DoorDeps,
  { channel, message }: PressedMessage,
): Promise<void> {
  if (channel === undefined || message?.ts === undefined) return;
  const key = { platform: "slack", workspace: identity.teamId, channel: channel.id, message: message.ts };
  const text = unescaped(message.text ?? "");
  const rest = (message.blocks ?? []).filter(({ type }) => type !== "actions");
  const whole = render({ markdown: text });
  const blocks = rest.length > 0 ? rest : whole.blocks;
  await calls
    .update(key, () => ({ text: whole.text, blocks }))
    .catch((error) => log.warn({ error }, "controls that have served were not taken away"));
}
