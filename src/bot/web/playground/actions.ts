import { UserError } from "../../../base/errors.js";
import { onPanel, press } from "../../port/panel.js";
import { type CommandCall, MARK_EMOJI, type PlatformHandlers } from "../../port/platform.js";
import { HttpError } from "../http/http-error.js";
import { controlsOf, editOf, marksOf, publicMessage, timedText } from "./message-row.js";
import { PLAYGROUND, type PlaygroundParts, YOU } from "./platform.js";
import { attachmentOf, type QuestionFile } from "./question-files.js";

export interface ChannelActionsDeps extends PlaygroundParts {
  handlers(): PlatformHandlers | undefined;
  newId(): string;
}

/** What a person has typed, or pressed. */
export interface NewMessage {
  readonly text: string;
  /** The page that gets the replies of a command; every page of the channel when undefined. */
  readonly client: string | undefined;
  /** The message whose control was pressed. */
  readonly on: string | undefined;
  /** The panel that the control stands on, as its event named it. */
  readonly panel: string | undefined;
  /** The channel's last question, which this one takes the place of. */
  readonly replaces: string | undefined;
  /** What stands beside a question; a command takes none. */
  readonly files: readonly QuestionFile[];
}

/** What people do in the channels of the playground. */
export interface ChannelActions {
  /** Returns the id of the stored question, or of the command's reply. @throws {HttpError} @throws {StoreError} */
  receive(channel: string, message: NewMessage): Promise<string>;
  /** Puts a person's reaction on a message; returns all its marks. @throws {HttpError} @throws {StoreError} */
  react(channel: string, message: string, emoji: string): Promise<readonly string[]>;
  /** The page came back into view; a refresh may start in the background. */
  focus(): void;
}

/** On the playground everyone is the operator, and all are one person. */
const PERSON = { author: YOU, isDirect: false, isOperator: true } as const;
const MAX_REACTIONS = 20;

/** Returns an emoji without the variation selector, which only asks for a picture. */
const bare = (emoji: string) => emoji.replaceAll("\ufe0f", "");

export function createChannelActions(deps: ChannelActionsDeps): ChannelActions {
  const { messages, hub, log, handlers, newId } = deps;
  return {
    async receive(channel, message) {
      const { text, on } = message;
      const bot = handlers();
      if (bot === undefined) throw new HttpError(503, "The bot is starting or stopping; try again in a moment.");
      if (!/^[/!]/.test(text)) return ask(deps, bot, channel, message);
      if (message.files.length > 0) throw new HttpError(400, "A command can't have files.");
      const id = `command-${newId()}`;
      const isPress = on !== undefined || message.panel !== undefined;
      const call = {
        ...{ channel: { ...PLAYGROUND, channel }, ...PERSON, text },
        ...(isPress && { door: "button" as const }),
        ...(on !== undefined && { on }),
      };
      runCommand(deps, bot, call, id, message).catch((error) =>
        log.error({ error, id }, "playground: showing a command's reply failed"),
      );
      return id;
    },
    async react(channel, message, emoji) {
      const has = (reactions: readonly string[]) => reactions.some((each) => bare(each) === bare(emoji));
      const row = await messages.change(channel, message, (before) =>
        has(before.reactions) || before.reactions.length >= MAX_REACTIONS
          ? before
          : { ...before, reactions: [...before.reactions, emoji] },
      );
      if (row !== undefined && !has(row.reactions)) throw new HttpError(400, "This message has enough reactions.");
      if (row === undefined) throw new HttpError(404, "There is no such message in this channel.");
      await messages.save(channel, message);
      const marks = marksOf(row);
      hub.send({ channel }, "mark", { id: message, marks });
      void handlers()?.onReaction({ message: { ...PLAYGROUND, channel, message }, ...PERSON, emoji: bare(emoji) });
      return marks;
    },
    focus: () => handlers()?.onFocus(),
  };
}

/** Shows a question and gives it to the bot, which stores both in one step. One that it refuses is removed. */
async function ask(
  { messages, files: kept, hub, rooms, clock, log }: ChannelActionsDeps,
  bot: PlatformHandlers,
  channel: string,
  { text, files, replaces }: NewMessage,
): Promise<string> {
  if (replaces !== undefined) await requireLast(messages, channel, replaces);
  const isNew = !messages.channels.has(channel);
  const question = { author: "user", text, mark: null, reactions: [], controls: [], replyTo: null } as const;
  const shown = files.map(({ name, mediaType, bytes }) => ({ name, mediaType, sizeBytes: bytes.length }));
  const { row, writes, undo } = await messages.draft(channel, {
    ...{ ...question, reactions: [], controls: [], at: clock.now() },
    ...(shown.length > 0 && { files: shown }),
    ...(replaces !== undefined && { replaces }),
  });
  kept.keep(channel, row.id, files);
  if (isNew) rooms.tellNew(channel);
  hub.send({ channel }, "message", publicMessage(row, clock.now()));
  try {
    const attachments = files.map(attachmentOf);
    const place = { ...PLAYGROUND, channel, message: row.id };
    await bot.onMention({
      ...{ message: place, ...PERSON, text, alongside: writes },
      ...(attachments.length > 0 && { attachments }),
      ...(replaces !== undefined && { replaces }),
    });
  } catch (error) {
    undo();
    kept.forget(channel, row.id);
    hub.send({ channel }, "removed", { id: row.id });
    // What failed may have been stored. Where this fails too, a message without a mark is all that is left.
    messages
      .remove(channel, row.id)
      .catch((late) => log.warn({ error: late }, "playground: a message was not removed"));
    throw error instanceof UserError ? new HttpError(503, error.message) : error;
  }
  return row.id;
}

/** Only the last question can be replaced, once it has ended. @throws {HttpError} 409 @throws {StoreError} */
async function requireLast(messages: ChannelActionsDeps["messages"], channel: string, replaces: string): Promise<void> {
  const { rows } = await messages.newest(channel);
  const last = rows.findLast(({ author }) => author === "user");
  if (last?.id !== replaces) throw new HttpError(409, "Only the last question can be edited: send this as a new one.");
  if (last.mark === MARK_EMOJI.working || last.mark === MARK_EMOJI.waiting)
    throw new HttpError(409, "That question is still being answered. Stop it, then send your edit.");
}

/** Runs a command and shows its replies to the page that sent it. */
async function runCommand(
  deps: ChannelActionsDeps,
  bot: PlatformHandlers,
  call: CommandCall,
  id: string,
  { client, panel }: NewMessage,
): Promise<void> {
  const { hub, rooms, clock } = deps;
  const { channel } = call.channel;
  const replies = panel === undefined ? bot.onCommand(call) : press(bot, onPanel(call, panel));
  for await (const reply of replies) {
    if (reply.dropsControls && call.on !== undefined) await dropControls(deps, channel, call.on);
    if (reply.isQuiet && call.on !== undefined) continue; // the conversation itself shows it
    const files = reply.files?.map(({ name, alt, bytes }) => {
      return { name, alt, base64: Buffer.from(bytes).toString("base64") };
    });
    hub.send({ channel, client }, "ephemeral", {
      id,
      ...bot.inLanguageOf(call.channel, () => timedText(reply.markdown, clock.now())),
      controls: controlsOf(reply.controls),
      ...(files && { files }),
      ...(reply.panel !== undefined && { panel: reply.panel }),
      ...(reply.isQuiet && { isQuiet: true }),
      ...(reply.isFailure && { isFailure: true }),
    });
  }
  await rooms.tellModel(channel);
}

async function dropControls({ messages, hub, clock }: ChannelActionsDeps, channel: string, message: string) {
  const row = await messages.change(channel, message, (before) => ({ ...before, controls: [] }));
  if (row === undefined) return;
  hub.send({ channel }, "edit", editOf(row, clock.now()));
  await messages.save(channel, message);
}
