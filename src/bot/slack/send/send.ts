import type { types } from "@slack/bolt";
import { z } from "zod";
import { BoundedMap } from "../../../base/bounded-map.js";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { retry } from "../../../base/retry.js";
import type { Reply } from "../../../commands/command.js";
import { stacked } from "../../delivery/code-fence.js";
import { patientTerms } from "../../delivery/platform-pause.js";
import { panelControls } from "../../port/panel.js";
import {
  type ChannelKey,
  type ChatPlatform,
  currentReply,
  type MessageKey,
  type PostTerms,
  type SendTerms,
} from "../../port/platform.js";
import { isNotEditable, PlatformError } from "../../port/platform-error.js";
import { slackErrorOf } from "../wire/errors.js";
import { unescaped } from "../wire/notation.js";
import type { SlashNames } from "../wire/slash-names.js";
import type { SlackCalls } from "./calls.js";
import { type ControlDeps, controlBlocks, isControlBlock } from "./controls.js";
import { type Form, withPlainerForms, writeIn } from "./plainer-forms.js";
import type { PostReconciliation } from "./post-reconciliation.js";
import { render, type SlackMessage } from "./render.js";
import type { StreamCalls } from "./stream-calls.js";

interface SlackSendDeps {
  readonly calls: SlackCalls;
  readonly streams: Pick<StreamCalls, "stop">;
  readonly controls: ControlDeps;
  readonly names: SlashNames;
  readonly reconciliation: PostReconciliation;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the bot remembers of a message that Slack took in a plainer form only. */
interface Plainer {
  readonly form: Form;
  /** The messages that its text goes on in, with what they show. */
  readonly rest: { readonly ts: string; text: string }[];
}

const MAX_PLAINER = 1_000;

/** Posts, edits and extends messages in a channel. */
export function createSlackSend(deps: SlackSendDeps): Pick<ChatPlatform, "post" | "edit" | "append"> {
  const { calls, controls, clock, log } = deps;
  const plainer = new BoundedMap<string, Plainer>(MAX_PLAINER);
  const written = async (reply: Reply, form: Form): Promise<readonly [SlackMessage, ...SlackMessage[]]> =>
    writeIn(
      form,
      { ...reply, markdown: deps.names.inAnswer(reply.markdown) },
      await controlBlocks(panelControls(reply), controls),
    );
  const goOn = (place: ChannelKey, ts: string, shown: Shown, terms: SendTerms) =>
    shown.form === "blocks" ? undefined : showRest(deps, { place, terms, plainer, ts }, shown);
  const post: ChatPlatform["post"] = async (channel, reply, terms = {}) => {
    const { message: _question, ...place } = channel as MessageKey;
    const { onlyFor } = terms;
    if (onlyFor !== undefined) {
      try {
        const ts = await withPlainerForms("blocks", async (form) =>
          calls.postEphemeral(place, onlyFor.id, (await written(currentReply(reply), form))[0]),
        );
        return { ...place, message: ts };
      } catch (error) {
        if (terms.isPrivate) throw error;
        log.debug({ error }, "slack: ephemeral message failed, posting it for everybody");
      }
    }
    const arrived = await earlierPost(deps, place, terms, () => written(currentReply(reply), "blocks"));
    if (arrived !== undefined) return { ...place, message: arrived };
    const [ts, shown] = await withPlainerForms("blocks", async (form) => {
      let pieces: Shown["pieces"] = [];
      const content = async () => {
        const [first, ...rest] = await written(currentReply(reply), form);
        pieces = [first, ...rest];
        return first;
      };
      const posted = await postOnce(deps, place, content, terms);
      return [posted, { form, pieces }] as const;
    });
    // The message stands: thrown on, what follows it would have it posted again.
    await retry(async () => goOn(place, ts, shown, terms), patientTerms(clock, REST_PATIENCE_MS)).catch((error) =>
      log.warn({ error }, "slack: the rest of a message could not be posted"),
    );
    return { ...place, message: ts };
  };
  return {
    post,
    async edit(message, reply, terms = {}) {
      const { message: ts, ...place } = message;
      const shown = await withPlainerForms(plainer.get(ts)?.form ?? "blocks", async (form) => {
        let pieces: Shown["pieces"] = [];
        const content = async () => {
          const current = currentReply(reply);
          if (current === undefined) return undefined;
          pieces = await written(current, form);
          return pieces[0];
        };
        await update(deps, message, content, terms);
        return { form, pieces };
      });
      await goOn(place, ts, shown, terms);
    },
    async append(message, lines, newControls = []) {
      let before: Kept | undefined;
      try {
        const kept = await calls.read(message);
        before = kept;
        const blocks = await controlBlocks(newControls, controls);
        await withPlainerForms("blocks", (form) =>
          update(deps, message, () => extended(kept, lines, form, blocks), { rank: "last-text" }),
        );
        return keptText(kept);
      } catch (error) {
        // The bot may not read or change the message: the lines go below it, in a message of their own.
        const isBelow = isNotEditable(error) || (error instanceof PlatformError && error.reason === "forbidden");
        if (!isBelow) throw error;
        await post(message, { markdown: lines, controls: newControls }, { rank: "last-text" });
        return before === undefined ? "" : keptText(before);
      }
    },
  };
}

/** How long the rest of a message is tried. */
const REST_PATIENCE_MS = 60_000;

interface Shown {
  readonly form: Form;
  readonly pieces: readonly SlackMessage[];
}

/** What an earlier attempt at the same message has left. */
async function earlierPost(
  { reconciliation }: Pick<SlackSendDeps, "reconciliation">,
  place: ChannelKey,
  { once }: PostTerms,
  written: () => Promise<readonly [SlackMessage, ...SlackMessage[]]>,
): Promise<string | undefined> {
  if (once?.triedSince === undefined) return undefined;
  const [{ text }] = await written();
  return reconciliation.findPosted(place, once.triedSince, text);
}

/** Posts a message, or finds it where Slack took it although its answer was lost. */
async function postOnce(
  { calls, reconciliation }: Pick<SlackSendDeps, "calls" | "reconciliation">,
  place: ChannelKey,
  content: () => Promise<SlackMessage>,
  terms: SendTerms,
): Promise<string> {
  let text = "";
  const noted = async () => {
    const message = await content();
    text = message.text;
    return message;
  };
  const ts = await calls.post(place, noted, terms).catch(async (error) => {
    const { replyTo } = terms;
    const arrived = replyTo === undefined ? undefined : await reconciliation.find(error, replyTo, text);
    if (arrived === undefined) throw error;
    return arrived;
  });
  reconciliation.note(ts);
  return ts;
}

/** Shows what a text without blocks has beyond its first message in messages of their own, each posted once. */
async function showRest(
  deps: Pick<SlackSendDeps, "calls" | "streams" | "reconciliation">,
  at: {
    readonly place: ChannelKey;
    readonly terms: SendTerms;
    readonly plainer: BoundedMap<string, Plainer>;
    readonly ts: string;
  },
  { form, pieces }: Shown,
): Promise<void> {
  const { place, terms, plainer, ts } = at;
  const { rest }: Plainer = plainer.get(ts) ?? { form, rest: [] };
  plainer.set(ts, { form, rest });
  for (const [index, piece] of pieces.slice(1).entries()) {
    const shown = rest[index];
    if (shown === undefined) {
      rest.push({ ts: await postOnce(deps, place, async () => piece, terms), text: piece.text });
    } else if (shown.text !== piece.text) {
      await update(deps, { ...place, message: shown.ts }, () => piece, terms);
      shown.text = piece.text;
    }
  }
}

/** Updates a message, and ends the stream first that an earlier process left open. */
async function update(
  { calls, streams }: Pick<SlackSendDeps, "calls" | "streams">,
  message: MessageKey,
  content: Parameters<SlackCalls["update"]>[1],
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
function extended(before: Kept, lines: string, form: Form, controls: readonly types.KnownBlock[]): SlackMessage {
  const [whole] = writeIn(form, { markdown: stacked([keptText(before), lines]) }, controls);
  if (form !== "blocks" || before.blocks.length === 0) return whole;
  // Slack may have turned the Markdown into blocks of its own: they stay.
  const kept = before.blocks.filter((block) => !isControlBlock(block));
  // A text without blocks would not be shown beside the blocks of the lines.
  return { text: whole.text, blocks: [...kept, ...render({ markdown: lines }).blocks, ...controls] };
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
  if (node === undefined || isControlBlock(node)) return "";
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
