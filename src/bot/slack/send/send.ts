import type { types } from "@slack/bolt";
import { z } from "zod";
import type { Log } from "../../../base/log.js";
import type { Reply } from "../../../commands/command.js";
import { stacked } from "../../delivery/code-fence.js";
import { panelControls } from "../../port/panel.js";
import { type ChatPlatform, currentReply, type MessageKey, type SendTerms } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { slackErrorOf } from "../wire/errors.js";
import { unescaped } from "../wire/notation.js";
import type { SlashNames } from "../wire/slash-names.js";
import type { Calls } from "./calls.js";
import { type ControlDeps, controlBlocks } from "./controls.js";
import type { PostReconciliation } from "./post-reconciliation.js";
import { render, type SlackMessage } from "./render.js";
import type { StreamCalls } from "./stream-calls.js";

interface SlackSendDeps {
  readonly calls: Calls;
  readonly streams: Pick<StreamCalls, "stop">;
  readonly controls: ControlDeps;
  readonly names: SlashNames;
  readonly reconciliation: PostReconciliation;
  readonly log: Log;
}

/** Posts, edits and extends messages in a channel. */
export function createSlackSend(deps: SlackSendDeps): Pick<ChatPlatform, "post" | "edit" | "append"> {
  const { calls, controls, names, reconciliation, log } = deps;
  const shown = async (reply: Reply): Promise<SlackMessage> =>
    render({ ...reply, markdown: names.inAnswer(reply.markdown) }, await controlBlocks(panelControls(reply), controls));
  const post: ChatPlatform["post"] = async (channel, reply, terms = {}) => {
    const { replyTo, onlyFor } = terms;
    const { message: _question, ...place } = channel as MessageKey;
    if (onlyFor !== undefined) {
      try {
        const ts = await calls.postEphemeral(place, onlyFor.id, await shown(currentReply(reply)));
        return { ...place, message: ts };
      } catch (error) {
        log.debug({ error }, "slack: ephemeral message failed, posting it for everybody");
      }
    }
    let text = "";
    const content = async () => {
      const message = await shown(currentReply(reply));
      text = message.text;
      return message;
    };
    const ts = await calls.post(place, content, terms).catch(async (error) => {
      const arrived = replyTo === undefined ? undefined : await reconciliation.find(error, replyTo, text);
      if (arrived === undefined) throw error;
      return arrived;
    });
    reconciliation.note(ts);
    return { ...place, message: ts };
  };
  return {
    post,
    async edit(message, reply, terms = {}) {
      const content = () => {
        const current = currentReply(reply);
        return current === undefined ? undefined : shown(current);
      };
      await update(deps, message, content, terms);
    },
    async append(message, lines, newControls = []) {
      try {
        const before = await calls.read(message);
        const content = extended(before, lines, await controlBlocks(newControls, controls));
        await update(deps, message, () => content, { rank: "last-text" });
        return keptText(before);
      } catch (error) {
        if (!(error instanceof PlatformError) || error.reason !== "forbidden") throw error;
        // The bot may not read the message: the lines go below it, in a message of their own.
        await post(message, { markdown: lines }, { rank: "last-text" });
        return "";
      }
    },
  };
}

/** Updates a message, and ends the stream first that an earlier process left open. */
async function update(
  { calls, streams }: Pick<SlackSendDeps, "calls" | "streams">,
  message: MessageKey,
  content: Parameters<Calls["update"]>[1],
  terms: SendTerms,
): Promise<void> {
  try {
    await calls.update(message, content, terms);
  } catch (error) {
    if (slackErrorOf(error) !== "streaming_state_conflict") throw error;
    await streams.stop(message).catch(() => {}); // the update shows whether it ended
    await calls.update(message, content, terms);
  }
}

/** Returns a message with lines below its content and with other controls. */
function extended(before: Kept, lines: string, controls: readonly types.KnownBlock[]): SlackMessage {
  const whole = render({ markdown: stacked([keptText(before), lines]) });
  // Slack may have turned the Markdown into blocks of its own: they stay.
  const kept = before.blocks.filter(({ type }) => type !== "actions");
  // A text without blocks would not be shown beside the blocks of the lines.
  const content = before.blocks.length === 0 ? whole.blocks : [...kept, ...render({ markdown: lines }).blocks];
  return { text: whole.text, blocks: [...content, ...controls] };
}

/** The content of a message as Slack returns it. */
interface Kept {
  readonly text: string;
  readonly blocks: readonly types.KnownBlock[];
}

/** The bot cuts the text beside the blocks at 4,000 characters; a shorter one is whole. */
const CUT_CHARS = 3_900;

const nodeSchema = z.looseObject({
  type: z.string(),
  text: z.unknown().optional(),
  url: z.string().optional(),
  name: z.string().optional(),
  user_id: z.string().optional(),
  elements: z.array(z.unknown()).optional(),
});

/** Returns the whole text of one of the bot's messages: from its blocks where `text` is cut. */
export function keptText({ text, blocks }: Kept): string {
  if (text.length < CUT_CHARS) return unescaped(text);
  const shown = blocks.map(textOf).filter((part) => part !== "");
  return shown.length === 0 ? unescaped(text) : shown.join("\n");
}

function textOf(value: unknown): string {
  const { data: node } = nodeSchema.safeParse(value);
  if (node === undefined || node.type === "actions") return "";
  const { type, text, url, name, user_id: user } = node;
  if (typeof text === "string") return type === "markdown" || type === "mrkdwn" ? unescaped(text) : text;
  if (typeof text === "object" && text !== null) return textOf(text);
  if (url !== undefined) return url;
  if (type === "emoji") return `:${name}:`;
  if (user !== undefined) return `@${user}`;
  const parts = (node.elements ?? []).map(textOf);
  if (type === "rich_text_preformatted") return `\`\`\`\n${parts.join("")}\n\`\`\``;
  if (type === "rich_text_list") return parts.map((part) => `- ${part}`).join("\n");
  return parts.join(type === "rich_text" ? "\n" : "");
}
