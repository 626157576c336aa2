import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Reply } from "../../../commands/command.js";
import { stacked } from "../../delivery/code-fence.js";
import {
  type ChatPlatform,
  currentReply,
  MARK_EMOJI,
  type Mark,
  type MessageKey,
  type PlatformHandlers,
} from "../../port/platform.js";
import type { PlatformExtras } from "../../port/platform-definition.js";
import { PlatformError } from "../../port/platform-error.js";
import type { EditSaver } from "./edit-saver.js";
import type { EventHub } from "./event-hub.js";
import type { MessageLog } from "./message-log.js";
import { publicMessage, withTimesInWords } from "./render.js";
import type { Rooms } from "./rooms.js";
import { controlsOf, marksOf, type Row } from "./rows.js";

export interface PlaygroundParts {
  readonly messages: MessageLog;
  readonly hub: EventHub;
  readonly saver: EditSaver;
  readonly rooms: Rooms;
  readonly clock: Clock;
  readonly log: Log;
}

export const PLATFORM_NAME = "playground";
export const WORKSPACE = "local";

export interface PlaygroundPlatform extends Required<Pick<PlatformExtras, "forget" | "showStatus">> {
  readonly platform: ChatPlatform;
  handlers(): PlatformHandlers | undefined;
}

/** The playground as the bot sees it. `handlers` is what `start` gave, for the doors that people come through. */
export function createPlatform(
  { messages, hub, saver, rooms, clock, log }: PlaygroundParts,
  onStatusChange: (listener: () => void) => () => void,
): PlaygroundPlatform {
  let handlers: PlatformHandlers | undefined;
  let stopListening = () => {};
  /** Marks are set in the order in which they were asked for. */
  let lastMark: Promise<void> = Promise.resolve();

  const show = (row: Row, channel: string) => {
    const text = withTimesInWords(row.text, clock.now());
    hub.send({ channel }, "edit", { id: row.id, text, ...(row.controls.length > 0 && { controls: row.controls }) });
  };
  const changed = (row: Row | undefined, id: string): Row => {
    if (row === undefined)
      throw new PlatformError(PLATFORM_NAME, "gone", `The playground has no message ${id} any more`);
    return row;
  };
  const content = (reply: Reply) => ({ text: reply.markdown, controls: controlsOf(reply.controls) });

  const setMark = async ({ channel, message }: MessageKey, mark: Mark | undefined) => {
    // The end mark is the promise that nothing of the answer can be lost any more.
    await saver.flush(channel);
    const emoji = mark === undefined ? null : MARK_EMOJI[mark];
    const row = await messages.change(channel, message, (before) => ({ ...before, mark: emoji }));
    // The turn is over, and may have chosen the channel's model.
    if (mark !== "working")
      await rooms
        .tellModel(channel)
        .catch((error) => log.warn({ error, channel }, "the model of a channel was not told"));
    const marks = marksOf(changed(row, message));
    await messages.save(channel, message);
    hub.send({ channel }, "mark", { id: message, marks });
  };

  const platform: ChatPlatform = {
    name: PLATFORM_NAME,
    limits: { maxMessageChars: 100_000, minEditGapMs: 80, canShowFiles: true, isLocal: true },
    workspaces: () => [`${PLATFORM_NAME}:${WORKSPACE}`],
    fault: () => (handlers === undefined ? "the playground is not up" : undefined),
    async start(given) {
      await messages.load();
      handlers = given;
      stopListening = onStatusChange(() => hub.sendStatus());
      hub.start();
    },
    async stop() {
      handlers = undefined;
      stopListening();
      await saver.flush().catch((error) => log.error({ error }, "the last texts of the playground were not stored"));
      hub.stop();
    },
    async post({ channel }, reply, { replyTo } = {}) {
      // Else an answer would bring a deleted channel back.
      if (replyTo !== undefined) changed(await messages.find(channel, replyTo.message), replyTo.message);
      const row = await messages.add(channel, {
        author: "bot",
        ...content(currentReply(reply)),
        mark: null,
        reactions: [],
        replyTo: replyTo?.message ?? null,
        at: clock.now(),
      });
      hub.send({ channel }, "message", publicMessage(row, clock.now()));
      return { platform: PLATFORM_NAME, workspace: WORKSPACE, channel, message: row.id };
    },
    async edit({ channel, message }, reply) {
      const current = currentReply(reply);
      if (current === undefined) return;
      const row = await messages.change(channel, message, (before) => ({ ...before, ...content(current) }));
      show(changed(row, message), channel);
      saver.note(channel, message);
    },
    async append({ channel, message }, lines, controls) {
      const before = changed(await messages.find(channel, message), message).text;
      const text = stacked([before, lines]);
      const row = await messages.change(channel, message, (now) => ({
        ...now,
        text,
        controls: controlsOf(controls),
      }));
      await messages.save(channel, message);
      show(changed(row, message), channel);
      return before;
    },
    mark(message, mark) {
      const marked = lastMark.then(() => setMark(message, mark));
      lastMark = marked.catch(() => {}); // the caller gets it; the next mark goes on
      return marked;
    },
    async react({ channel, message }, change) {
      // Everybody here is one person, and what the bot offers stays to be pressed again.
      if ("clear" in change) return;
      const row = await messages.change(channel, message, (before) => ({
        ...before,
        reactions: [...new Set([...before.reactions, ...change.offer])],
      }));
      const marks = marksOf(changed(row, message));
      await messages.save(channel, message);
      hub.send({ channel }, "mark", { id: message, marks });
    },
  };
  return {
    platform,
    handlers: () => handlers,
    async showStatus() {
      hub.sendStatus();
    },
    async forget({ channel }) {
      await saver.flush(channel); // what is stored later would stay behind
      for (const { id } of await messages.list(channel)) {
        await messages.remove(channel, id);
        hub.send({ channel }, "removed", { id });
      }
    },
  };
}
