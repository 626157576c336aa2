import type { Log } from "../../../base/log.js";
import type { Reply } from "../../../commands/command.js";
import { stacked } from "../../delivery/code-fence.js";
import { panelControls } from "../../port/panel.js";
import { type ChatPlatform, currentReply, type MessageKey, type SendTerms } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { slackErrorOf } from "../wire/errors.js";
import type { SlashNames } from "../wire/slash-names.js";
import type { Calls } from "./calls.js";
import { type ControlDeps, controlBlocks } from "./controls.js";
import { keptText } from "./kept-text.js";
import type { LostPosts } from "./lost-posts.js";
import { render, type SlackMessage } from "./render.js";
import type { StreamCalls } from "./stream-calls.js";

export interface SendDeps {
  readonly calls: Calls;
  readonly streams: Pick<StreamCalls, "stop">;
  readonly controls: ControlDeps;
  readonly names: SlashNames;
  readonly lostPosts: LostPosts;
  readonly log: Log;
}

/** The verbs that show something in a channel. */
export function createSend({
  calls,
  streams,
  controls,
  names,
  lostPosts,
  log,
}: SendDeps): Pick<ChatPlatform, "post" | "edit" | "append"> {
  const shown = async (reply: Reply): Promise<SlackMessage> =>
    render({ ...reply, markdown: names.inAnswer(reply.markdown) }, await controlBlocks(panelControls(reply), controls));
  const update = async (message: MessageKey, content: Parameters<Calls["update"]>[1], terms: SendTerms) => {
    try {
      await calls.update(message, content, terms);
    } catch (error) {
      // An earlier process began to stream it, and did not live to end that.
      if (slackErrorOf(error) !== "streaming_state_conflict") throw error;
      await streams.stop(message).catch(() => {}); // the update tells
      await calls.update(message, content, terms);
    }
  };
  const post: ChatPlatform["post"] = async (channel, reply, terms = {}) => {
    const { replyTo, onlyFor } = terms;
    const { message: _asked, ...place } = channel as MessageKey;
    if (onlyFor !== undefined) {
      try {
        const ts = await calls.postEphemeral(place, onlyFor.id, await shown(currentReply(reply)));
        return { ...place, message: ts };
      } catch (error) {
        log.debug({ error }, "a message could not be shown to one person alone; everybody sees it");
      }
    }
    let text = "";
    const content = async () => {
      const message = await shown(currentReply(reply));
      text = message.text;
      return message;
    };
    const ts = await calls.post(place, content, terms).catch(async (error) => {
      const arrived = replyTo === undefined ? undefined : await lostPosts.find(error, replyTo, text);
      if (arrived === undefined) throw error;
      return arrived;
    });
    lostPosts.note(ts);
    return { ...place, message: ts };
  };
  return {
    post,
    async edit(message, reply, terms = {}) {
      const content = () => {
        const current = currentReply(reply);
        return current === undefined ? undefined : shown(current);
      };
      await update(message, content, terms);
    },
    async append(message, lines, given = []) {
      try {
        const before = await calls.read(message);
        const below = render({ markdown: lines });
        const text = keptText(before);
        const own = await controlBlocks(given, controls);
        const whole = render({ markdown: stacked([text, lines]) });
        // The controls that it had while it grew have served.
        const withoutControls = before.blocks.filter(({ type }) => type !== "actions");
        // What stands there stays as Slack gave it: it may have turned the Markdown into blocks of its own.
        const content = {
          text: whole.text,
          // Beside the blocks of the lines alone, a text without any would not be shown.
          blocks: [...(before.blocks.length === 0 ? whole.blocks : [...withoutControls, ...below.blocks]), ...own],
        };
        await update(message, () => content, { rank: "last-text" });
        return text;
      } catch (error) {
        if (!(error instanceof PlatformError) || error.reason !== "forbidden") throw error;
        // It may not be read here: then the lines stand below it, in a message of their own.
        await post(message, { markdown: lines }, { rank: "last-text" });
        return "";
      }
    },
  };
}
