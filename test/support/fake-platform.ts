import {
  type ChannelKey,
  type ChatPlatform,
  currentReply,
  type Mark,
  type Mention,
  type MessageKey,
  type Person,
  type PlatformHandlers,
  type Rank,
  type Reaction,
  type SendTerms,
} from "../../src/bot/port/platform.js";
import type { PlatformExtras, PlatformParts } from "../../src/bot/port/platform-definition.js";
import { PlatformError, type PlatformErrorReason } from "../../src/bot/port/platform-error.js";
import type { Reply } from "../../src/commands/command.js";

export interface ShownMessage {
  readonly key: MessageKey;
  text: string;
  controls: Reply["controls"];
  replyTo: string | undefined;
  mark: Mark | undefined;
  /** What is offered under it for people to press. */
  offered: readonly string[];
}

type Call = "post" | "edit" | "mark" | "append" | "offer" | "clear";

export interface FakePlatform extends ChatPlatform, Pick<PlatformExtras, "openThread"> {
  /** Shows something to one person alone; everybody sees it while unset. */
  whisper?: (below: ChannelKey, to: Person, reply: Reply) => Promise<void>;
  /** All of the bot's messages, oldest first. */
  readonly answers: ShownMessage[];
  /** Every mark that a message ever bore, in order. */
  marksOf(message: string): readonly (Mark | undefined)[];
  /** Edits so far. */
  edits(): number;
  /** Calls that fail from now on. */
  failing: Set<Call>;
  /** Calls that the platform refuses from now on, and why. */
  readonly refusing: Map<Call, PlatformErrorReason | PlatformError>;
  /** People's reactions that were taken away. */
  readonly cleared: string[];
  /** Messages that notified nobody. */
  readonly silent: ReadonlySet<string>;
  /** Ranks that texts were sent with, in order. */
  readonly ranks: Rank[];
  /** How they were sent. */
  readonly sent: ("post" | "edit")[];
  /** How many calls have reached the platform, of whatever kind. */
  calls(): number;
  /** Deletes a message, as a moderator does. */
  remove(message: string): void;
  handlers(): PlatformHandlers;
  /** A question as the platform would hand it over; each has a new message id unless given. */
  mention(text: string, where?: { channel?: string; message?: string; author?: string; isOperator?: boolean }): Mention;
  /** A press under one of the bot's messages. */
  reaction(message: MessageKey, emoji: string, by?: { author?: string; isOperator?: boolean }): Reaction;
}

export interface FakePlatformTerms {
  readonly maxMessageChars?: number;
  readonly minEditGapMs?: number;
  /** What a post or an edit waits for; nothing unless given. */
  wait?(channel: ChannelKey, rank: Rank, signal?: AbortSignal): Promise<void>;
  /** What happens between a call and its effect. */
  reach?(call: Call, channel: ChannelKey): Promise<void>;
}

/** A platform in memory: what the bot posts, edits and marks is there to be read as a person would. */
export function fakePlatform(name = "fake", terms: FakePlatformTerms = {}): FakePlatform {
  const { maxMessageChars = 2_000, minEditGapMs = 100 } = terms;
  const answers: ShownMessage[] = [];
  const marks = new Map<string, (Mark | undefined)[]>();
  const failing = new Set<Call>();
  const refusing = new Map<Call, PlatformErrorReason | PlatformError>();
  const cleared: string[] = [];
  const named = new Map<string, MessageKey>();
  const silent = new Set<string>();
  const ranks: Rank[] = [];
  const sent: ("post" | "edit")[] = [];
  let started: PlatformHandlers | undefined;
  let editCount = 0;
  let callCount = 0;
  let nextId = 1;

  const fault = (reason: PlatformErrorReason) => new PlatformError(name, reason, `${name} says ${reason}`);
  const reach = async (call: Call, channel: ChannelKey) => {
    callCount += 1;
    await terms.reach?.(call, channel);
    if (failing.has(call)) throw new Error(`${call} failed`);
    const refusal = refusing.get(call);
    if (refusal !== undefined) throw typeof refusal === "string" ? fault(refusal) : refusal;
  };
  const find = (key: MessageKey) => {
    const shown = answers.find((answer) => answer.key.message === key.message);
    if (shown === undefined) throw fault("gone");
    return shown;
  };
  const wait = async (call: "post" | "edit", channel: ChannelKey, { rank = "error", signal }: SendTerms) => {
    ranks.push(rank);
    sent.push(call);
    await terms.wait?.(channel, rank, signal);
  };
  /** What every real platform refuses. */
  const judge = ({ markdown }: Reply) => {
    if (markdown.trim() === "" || markdown.length > maxMessageChars) throw fault("refused");
  };
  const fake: FakePlatform = {
    name,
    limits: { maxMessageChars, minEditGapMs },
    answers,
    failing,
    refusing,
    cleared,
    silent,
    ranks,
    sent,
    calls: () => callCount,
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
    async post(channel, next, given = {}) {
      await wait("post", channel, given);
      const reply = currentReply(next);
      const { platform, workspace, channel: id, thread } = channel;
      const place = { platform, workspace, channel: id, ...(thread && { thread }) };
      const isWhispered =
        given.onlyFor !== undefined &&
        (await fake.whisper?.(channel, given.onlyFor, reply).then(
          () => true,
          () => false,
        ));
      if (isWhispered) return { ...place, message: `whisper-${nextId++}` };
      if (given.isPrivate && !isWhispered) throw fault("refused");
      await reach("post", channel);
      judge(reply);
      const earlier = given.once && named.get(given.once.name);
      if (earlier !== undefined) return earlier;
      const key = { ...place, message: `bot-${nextId++}` };
      if (given.once !== undefined) named.set(given.once.name, key);
      if (given.isSilent) silent.add(key.message);
      answers.push({
        key,
        text: reply.markdown,
        controls: reply.controls,
        replyTo: given.replyTo?.message,
        mark: undefined,
        offered: [],
      });
      return key;
    },
    async edit(message, next, given = {}) {
      await wait("edit", message, given);
      const reply = currentReply(next);
      if (reply === undefined) return;
      await reach("edit", message);
      judge(reply);
      const shown = find(message);
      shown.text = reply.markdown;
      shown.controls = reply.controls;
      editCount += 1;
    },
    async append(message, lines, controls) {
      await reach("append", message);
      const shown = find(message);
      const before = shown.text;
      shown.text = `${before}\n\n${lines}`;
      shown.controls = controls;
      return before;
    },
    async mark(message, mark) {
      await reach("mark", message);
      marks.set(message.message, [...(marks.get(message.message) ?? []), mark]);
      const shown = answers.find(({ key }) => key.message === message.message);
      if (shown !== undefined) shown.mark = mark;
    },
    async react(message, change) {
      if ("offer" in change) {
        await reach("offer", message);
        find(message).offered = change.offer;
      } else {
        await reach("clear", message);
        cleared.push(`${change.clear} of ${change.author.id}`);
      }
    },
    remove(message) {
      const place = answers.findIndex(({ key }) => key.message === message);
      if (place >= 0) answers.splice(place, 1);
    },
    mention(text, { channel = "general", message = `user-${nextId++}`, author = "ada", isOperator = false } = {}) {
      return {
        message: { platform: name, workspace: "home", channel, message },
        author: { id: author, name: author },
        text,
        isDirect: false,
        isOperator,
      };
    },
    reaction: (message, emoji, { author = "ada", isOperator = false } = {}) => ({
      message,
      author: { id: author, name: author },
      emoji,
      isDirect: false,
      isOperator,
    }),
  };
  return fake;
}

/** What the bot keeps of platforms, with what a test gives them besides the port, now or later. */
export const surfacesOf = (...platforms: readonly ChatPlatform[]): readonly PlatformParts[] =>
  platforms.map((platform) => Object.create(platform, { platform: { value: platform } }) as PlatformParts);
