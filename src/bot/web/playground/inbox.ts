import { UserError } from "../../../base/errors.js";
import { onPanel, press } from "../../port/panel.js";
import type { CommandCall, PlatformHandlers } from "../../port/platform.js";
import { HttpError } from "../http/http-error.js";
import { PLATFORM_NAME, type PlaygroundParts, WORKSPACE } from "./platform.js";
import { publicMessage, withTimesInWords } from "./render.js";
import type { NewMessage } from "./requests.js";
import type { Rooms } from "./rooms.js";
import { controlsOf, marksOf } from "./rows.js";

export interface InboxDeps extends PlaygroundParts {
  readonly rooms: Rooms;
  handlers(): PlatformHandlers | undefined;
  newId(): string;
}

/** What people do on the playground. */
export interface Inbox {
  /**
   * Resolves with the id of the stored question, or of the command's reply. @throws {HttpError} @throws {StoreError}
   */
  receive(channel: string, message: NewMessage): Promise<string>;
  /** Puts a person's reaction on a message. @throws {HttpError} @throws {StoreError} */
  react(channel: string, message: string, emoji: string): Promise<readonly string[]>;
  /** The page came back into view; nothing waits for what that sets off. */
  focus(): void;
}

/** On the playground everyone is the operator, and all are one person. */
const PERSON = { id: "local", name: "you" };
const MOST_REACTIONS = 20;

/** Without the selector that only asks for a picture. */
const bare = (emoji: string) => emoji.replaceAll("\ufe0f", "");

export function createInbox({ messages, hub, rooms, clock, log, handlers, newId }: InboxDeps): Inbox {
  const here = (channel: string) => ({ platform: PLATFORM_NAME, workspace: WORKSPACE, channel });

  const dropControls = async (channel: string, message: string) => {
    const row = await messages.change(channel, message, (before) => ({ ...before, controls: [] }));
    if (row === undefined) return;
    hub.send({ channel }, "edit", { id: message, text: withTimesInWords(row.text, clock.now()) });
    await messages.save(channel, message);
  };
  const runCommand = async (given: PlatformHandlers, call: CommandCall, id: string, { client, panel }: NewMessage) => {
    const audience = { channel: call.channel.channel, client };
    const replies = panel === undefined ? given.onCommand(call) : press(given, onPanel(call, panel));
    for await (const reply of replies) {
      if (reply.dropsControls && call.on !== undefined) await dropControls(audience.channel, call.on);
      if (reply.isQuiet && call.on !== undefined) continue; // the conversation itself shows it
      const text = withTimesInWords(reply.markdown, clock.now());
      const files = reply.files?.map(({ name, alt, bytes }) => ({
        name,
        alt,
        base64: Buffer.from(bytes).toString("base64"),
      }));
      const data = {
        id,
        text,
        controls: controlsOf(reply.controls),
        ...(files && { files }),
        ...(reply.panel !== undefined && { panel: reply.panel }),
      };
      hub.send(audience, "ephemeral", data);
    }
    await rooms.tellModel(audience.channel);
  };
  const ask = async (given: PlatformHandlers, channel: string, text: string) => {
    const question = { author: "user", text, mark: null, reactions: [], controls: [], replyTo: null } as const;
    const isNew = !messages.channels.has(channel);
    const row = await messages.add(channel, { ...question, reactions: [], controls: [], at: clock.now() });
    if (isNew) rooms.tell();
    hub.send({ channel }, "message", publicMessage(row, clock.now()));
    const message = { ...here(channel), message: row.id };
    try {
      await given.onMention({ message, author: PERSON, text, isDirect: false, isOperator: true });
    } catch (error) {
      // It was not accepted, so it was not asked.
      await messages.remove(channel, row.id);
      hub.send({ channel }, "removed", { id: row.id });
      throw error instanceof UserError ? new HttpError(503, error.message) : error;
    }
    return row.id;
  };
  return {
    async receive(channel, message) {
      const { text, on } = message;
      const given = handlers();
      if (given === undefined) throw new HttpError(503, "The bot is starting or stopping; try again in a moment.");
      if (!/^[/!]/.test(text)) return ask(given, channel, text);
      const id = `command-${newId()}`;
      const by = { author: PERSON, isDirect: false, isOperator: true };
      const call = { channel: here(channel), ...by, text, ...(on !== undefined && { on }) };
      runCommand(given, call, id, message).catch((error) =>
        log.error({ error, id }, "a command's reply was not shown"),
      );
      return id;
    },
    async react(channel, message, emoji) {
      const has = (reactions: readonly string[]) => reactions.some((each) => bare(each) === bare(emoji));
      const row = await messages.change(channel, message, (before) =>
        has(before.reactions) || before.reactions.length >= MOST_REACTIONS
          ? before
          : { ...before, reactions: [...before.reactions, emoji] },
      );
      if (row !== undefined && !has(row.reactions)) throw new HttpError(400, "This message has enough reactions.");
      if (row === undefined) throw new HttpError(404, "There is no such message in this channel.");
      await messages.save(channel, message);
      const data = { id: message, marks: marksOf(row) };
      hub.send({ channel }, "mark", data);
      const reaction = {
        message: { ...here(channel), message },
        author: PERSON,
        emoji: bare(emoji),
        isDirect: false,
        isOperator: true,
      };
      void handlers()?.onReaction(reaction);
      return data.marks;
    },
    focus: () => handlers()?.onFocus(),
  };
}
