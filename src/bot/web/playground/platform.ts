import { randomUUID } from "node:crypto";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { createSerial } from "../../../base/serial.js";
import type { Reply } from "../../../commands/command.js";
import { stacked } from "../../delivery/code-fence.js";
import type { AnswerFacts } from "../../port/conversation-facts.js";
import {
  type ChannelKey,
  type ChatPlatform,
  currentReply,
  MARK_EMOJI,
  type Mark,
  type MessageKey,
  type PlatformHandlers,
} from "../../port/platform.js";
import type { PlatformExtras } from "../../port/platform-definition.js";
import { PlatformError } from "../../port/platform-error.js";
import type { ChannelActivity } from "./channel-activity.js";
import type { ChannelEvents } from "./channel-events.js";
import type { EditSaver } from "./edit-saver.js";
import type { MessageLog } from "./message-log.js";
import { controlsOf, editOf, type MessageRow, marksOf, publicMessage, timedText } from "./message-row.js";
import type { QuestionFiles } from "./question-files.js";
import type { Rooms } from "./rooms.js";

export interface PlaygroundParts {
  readonly messages: MessageLog;
  readonly hub: ChannelEvents;
  readonly saver: EditSaver;
  readonly rooms: Rooms;
  readonly activity: ChannelActivity;
  readonly files: QuestionFiles;
  /** What the last answer there took. @throws {StoreError} */
  lastAnswer(place: ChannelKey): Promise<AnswerFacts | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Platform and workspace of all messages of the playground. */
export const PLAYGROUND = { platform: "playground", workspace: "local" } as const;
/** All people here are one. */
export const YOU = { id: "local", name: "you" } as const;

const WORKSPACES = [`${PLAYGROUND.platform}:${PLAYGROUND.workspace}`];

export interface PlaygroundPlatform extends Required<Pick<PlatformExtras, "forget" | "eraseText" | "showStatus">> {
  readonly platform: ChatPlatform;
  handlers(): PlatformHandlers | undefined;
}

/** The playground as the bot sees it. `handlers` returns what `start` got, undefined before and after. */
export function createPlaygroundPlatform(
  parts: PlaygroundParts,
  onStatusChange: (listener: () => void) => () => void,
): PlaygroundPlatform {
  const { messages, files, hub, saver, log } = parts;
  let handlers: PlatformHandlers | undefined;
  let stopListening = () => {};

  const platform: ChatPlatform = {
    name: PLAYGROUND.platform,
    limits: { maxMessageChars: 100_000, minEditGapMs: 80, canShowFiles: true, isLocal: true },
    workspaces: () => WORKSPACES,
    fault: () => (handlers === undefined ? "the playground is not up" : undefined),
    async start(given) {
      await messages.load();
      handlers = given;
      stopListening = onStatusChange(hub.sendStatus);
      hub.start();
    },
    async stop() {
      handlers = undefined;
      stopListening();
      await saver.flush().catch((error) => log.error({ error }, "playground: storing the last texts failed"));
      hub.stop();
    },
    ...messageCalls(parts),
  };
  return {
    platform,
    handlers: () => handlers,
    async showStatus() {
      hub.sendStatus();
    },
    async eraseText({ channel, message }) {
      files.forget(channel, message);
      const row = await messages.change(channel, message, ({ files: _gone, ...before }) => ({
        ...before,
        text: "(erased)",
        controls: [],
      }));
      if (row === undefined) return;
      await messages.save(channel, message);
      hub.send({ channel }, "edit", editOf(row, parts.clock.now()));
    },
    async forget({ channel }) {
      await saver.flush(channel); // what is stored later would stay behind
      files.forget(channel);
      for await (const page of messages.pages(channel)) {
        for (const { id } of page) {
          await messages.remove(channel, id);
          hub.send({ channel }, "removed", { id });
        }
      }
    },
  };
}

type MessageCalls = Pick<ChatPlatform, "post" | "edit" | "append" | "mark" | "react">;

/** The calls that write messages and marks. */
function messageCalls(parts: PlaygroundParts): Required<MessageCalls> {
  const { messages, hub, activity, saver, clock } = parts;
  const serial = createSerial();
  const show = (row: MessageRow, channel: string) => hub.send({ channel }, "edit", editOf(row, clock.now()));
  return {
    async post({ channel }, reply, { replyTo, once, isPrivate } = {}) {
      if (isPrivate) return whisper(parts, channel, currentReply(reply));
      // Without this check an answer would bring a deleted channel back.
      if (replyTo !== undefined) present(await messages.find(channel, replyTo.message), replyTo.message);
      const earlier =
        once?.triedSince === undefined ? undefined : await findPosted(parts, channel, reply, once.triedSince);
      if (earlier !== undefined) return { ...PLAYGROUND, channel, message: earlier };
      const row = await messages.add(channel, {
        author: "bot",
        ...contentOf(currentReply(reply)),
        mark: null,
        reactions: [],
        replyTo: replyTo?.message ?? null,
        at: clock.now(),
      });
      hub.send({ channel }, "message", publicMessage(row, clock.now()));
      activity.noteMessage(channel);
      return { ...PLAYGROUND, channel, message: row.id };
    },
    async edit({ channel, message }, reply) {
      const current = currentReply(reply);
      if (current === undefined) return;
      const row = await messages.change(channel, message, (before) => ({ ...before, ...contentOf(current) }));
      show(present(row, message), channel);
      saver.note(channel, message);
    },
    async append({ channel, message }, lines, controls) {
      const before = present(await messages.find(channel, message), message).text;
      const text = stacked([before, lines]);
      const row = await messages.change(channel, message, (now) => ({ ...now, text, controls: controlsOf(controls) }));
      await messages.save(channel, message);
      show(present(row, message), channel);
      return before;
    },
    mark: (message, mark) => serial(message.channel, () => setMark(parts, message, mark)),
    async react({ channel, message }, change) {
      // Everybody here is one person, and what the bot offers stays to be pressed again.
      if ("clear" in change) return;
      const row = await messages.change(channel, message, (before) => ({
        ...before,
        reactions: [...new Set([...before.reactions, ...change.offer])],
      }));
      const marks = marksOf(present(row, message));
      await messages.save(channel, message);
      hub.send({ channel }, "mark", { id: message, marks });
    },
  };
}

/** Shows a reply that is not kept to the pages of a channel: all are one person's. */
function whisper({ hub, clock }: PlaygroundParts, channel: string, { markdown }: Reply): MessageKey {
  const id = `whisper-${randomUUID()}`;
  hub.send({ channel }, "ephemeral", { id, ...timedText(markdown, clock.now()), controls: [] });
  return { ...PLAYGROUND, channel, message: id };
}

/** What an earlier attempt at the same message has left. */
async function findPosted(
  { messages }: PlaygroundParts,
  channel: string,
  reply: Parameters<ChatPlatform["post"]>[1],
  since: number,
): Promise<string | undefined> {
  const text = currentReply(reply).markdown;
  const { rows } = await messages.newest(channel);
  return rows.find((row) => row.author === "bot" && row.at >= since && row.text === text)?.id;
}

async function setMark(
  parts: PlaygroundParts,
  { channel, message }: MessageKey,
  mark: Mark | undefined,
): Promise<void> {
  const { messages, hub, saver, rooms, activity, log } = parts;
  const isEnd = mark !== undefined && mark !== "working" && mark !== "waiting";
  // The end mark promises that nothing of the answer can be lost any more.
  const [last] = await Promise.all([isEnd ? answerTo(parts, channel, message) : undefined, saver.flush(channel)]);
  if (last !== undefined) await showFacts(parts, channel, last);
  const emoji = mark === undefined ? null : MARK_EMOJI[mark];
  const row = await messages.change(channel, message, (before) => ({ ...before, mark: emoji }));
  const marks = marksOf(present(row, message));
  const warn = (error: unknown) => log.warn({ error, channel }, "playground: reading a channel's model failed");
  // The turn may have chosen the channel's model when it is over.
  const modelTold = mark === "working" ? undefined : rooms.tellModel(channel).catch(warn);
  const answerSaved = last && messages.save(channel, last.message);
  await Promise.all([messages.save(channel, message), answerSaved, modelTold]);
  hub.send({ channel }, "mark", { id: message, marks });
  activity.noteMark(channel, message, mark);
}

/** What the answer to this question took; an answer of which that is not known is complete anyway. */
async function answerTo({ lastAnswer, log }: PlaygroundParts, channel: string, question: string) {
  try {
    const last = await lastAnswer({ ...PLAYGROUND, channel });
    return last?.question === question ? last : undefined;
  } catch (error) {
    log.warn({ error, channel }, "playground: reading what an answer took failed");
    return undefined;
  }
}

/** Notes in the answer what it took; the caller stores it. */
async function showFacts({ messages, hub, clock }: PlaygroundParts, channel: string, facts: AnswerFacts) {
  const { model, durationMs, tokens, costUsd } = facts;
  const answer = { model, durationMs, tokens, costUsd };
  const row = await messages.change(channel, facts.message, (before) => ({ ...before, answer }));
  if (row !== undefined) hub.send({ channel }, "edit", editOf(row, clock.now()));
}

const contentOf = (reply: Reply) => ({ text: reply.markdown, controls: controlsOf(reply.controls) });

/** @throws {PlatformError} "gone" where there is no such message */
function present(row: MessageRow | undefined, id: string): MessageRow {
  if (row !== undefined) return row;
  throw new PlatformError(PLAYGROUND.platform, "gone", `The playground has no message ${id} any more`);
}
