import type { ChatPlatform, Mark, Mention, MessageKey, PlatformHandlers } from "../../src/bot/platform.js";
import type { Reply } from "../../src/commands/command.js";

export interface ShownMessage {
  readonly key: MessageKey;
  text: string;
  controls: Reply["controls"];
  replyTo: string | undefined;
  mark: Mark | undefined;
}

export interface FakePlatform extends ChatPlatform {
  /** All of the bot's messages, oldest first. */
  readonly answers: ShownMessage[];
  /** Every mark that a message ever bore, in order. */
  marksOf(message: string): readonly (Mark | undefined)[];
  /** Edits so far. */
  edits(): number;
  /** Calls that fail from now on. */
  failing: Set<"post" | "edit" | "mark" | "append">;
  handlers(): PlatformHandlers;
  /** A question as the platform would hand it over; each has a new message id unless given. */
  mention(text: string, where?: { channel?: string; message?: string; author?: string; isOperator?: boolean }): Mention;
}

/** A platform in memory: what the bot posts, edits and marks is there to be read as a person would. */
export function fakePlatform(name = "fake"): FakePlatform {
  const answers: ShownMessage[] = [];
  const marks = new Map<string, (Mark | undefined)[]>();
  const failing = new Set<"post" | "edit" | "mark" | "append">();
  let started: PlatformHandlers | undefined;
  let editCount = 0;
  let nextId = 1;

  const mayFail = (call: "post" | "edit" | "mark" | "append") => {
    if (failing.has(call)) throw new Error(`${call} failed`);
  };
  const find = (key: MessageKey) => {
    const shown = answers.find((answer) => answer.key.message === key.message);
    if (shown === undefined) throw new Error(`there is no message ${key.message}`);
    return shown;
  };
  return {
    name,
    limits: { maxMessageChars: 2_000, minEditGapMs: 100 },
    answers,
    failing,
    marksOf: (message) => marks.get(message) ?? [],
    edits: () => editCount,
    workspaces: () => [`${name}:home`],
    fault: () => undefined,
    async start(handlers) {
      started = handlers;
    },
    async stop() {},
    handlers() {
      if (started === undefined) throw new Error("not started");
      return started;
    },
    async post(channel, reply, replyTo) {
      mayFail("post");
      const key = { ...channel, message: `bot-${nextId++}` };
      answers.push({ key, text: reply.markdown, controls: reply.controls, replyTo: replyTo?.message, mark: undefined });
      return key;
    },
    async edit(message, reply) {
      mayFail("edit");
      const shown = find(message);
      shown.text = reply.markdown;
      shown.controls = reply.controls;
      editCount += 1;
    },
    async append(message, lines) {
      mayFail("append");
      const shown = find(message);
      const before = shown.text;
      shown.text = `${before}\n\n${lines}`;
      return before;
    },
    async mark(message, mark) {
      mayFail("mark");
      marks.set(message.message, [...(marks.get(message.message) ?? []), mark]);
    },
    slot: async () => {},
    async offerReactions() {},
    async clearReaction() {},
    async showStatus() {},
    mention(text, { channel = "general", message = `user-${nextId++}`, author = "ada", isOperator = false } = {}) {
      return {
        message: { platform: name, workspace: "home", channel, message },
        author: { id: author, name: author },
        text,
        isDirect: false,
        isOperator,
      };
    },
  };
}
