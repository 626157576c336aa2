import type { Reply } from "../../commands/command.js";
import type { ChannelKey, ChatPlatform, MessageKey } from "../platform.js";
import { PlatformError } from "../platform-error.js";
import type { Calls } from "./calls.js";
import { controlBlocks, type IdFor } from "./controls.js";
import { unescaped } from "./escape.js";
import { render, type SlackMessage } from "./render.js";
import type { SlashNames } from "./slash-names.js";

export interface SendDeps {
  readonly calls: Calls;
  readonly idFor: IdFor;
  readonly names: SlashNames;
}

/** The verbs that show something in a channel. */
export function createSend({ calls, idFor, names }: SendDeps): Pick<ChatPlatform, "post" | "edit" | "append"> {
  const shown = async ({ markdown, controls = [] }: Reply): Promise<SlackMessage> =>
    render({ markdown: names.inAnswer(markdown) }, await controlBlocks(controls, idFor));
  const post = async (channel: ChannelKey, reply: Reply): Promise<MessageKey> => {
    const { message: _asked, ...place } = channel as MessageKey;
    const ts = await calls.post(place, await shown(reply));
    return { ...place, message: ts };
  };
  return {
    post,
    edit: async (message, reply) => calls.update(message, await shown(reply)),
    async append(message, lines, controls = []) {
      try {
        const before = await calls.read(message);
        const below = render({ markdown: lines });
        const text = unescaped(before.text);
        const own = await controlBlocks(controls, idFor);
        const whole = render({ markdown: `${text}\n\n${lines}` });
        // The controls that it had while it grew have served.
        const withoutControls = before.blocks.filter(({ type }) => type !== "actions");
        // What stands there stays as Slack gave it: it may have turned the Markdown into blocks of its own.
        await calls.update(message, {
          text: whole.text,
          // Beside the blocks of the lines alone, a text without any would not be shown.
          blocks: [...(before.blocks.length === 0 ? whole.blocks : [...withoutControls, ...below.blocks]), ...own],
        });
        return text;
      } catch (error) {
        if (!(error instanceof PlatformError) || error.reason !== "forbidden") throw error;
        // It may not be read here: then the lines stand below it, in a message of their own.
        await post(message, { markdown: lines });
        return "";
      }
    },
  };
}
