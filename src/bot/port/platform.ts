import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import type { Choice, Control, Reply } from "../../commands/command.js";
import type { Said } from "../../languages/translate.js";
import type { Door } from "../../store/audit.js";
import type { Write } from "../../store/store.js";
import type { PlatformError } from "./platform-error.js";

/** What the bot tells about a question by a reaction; each platform picks its emoji. One at a time. */
export type Mark = "working" | "waiting" | "done" | "incomplete" | "failed";

/** The emoji of each mark, on every platform. */
export const MARK_EMOJI: Readonly<Record<Mark, string>> = {
  working: "👀",
  waiting: "⏳",
  done: "✅",
  incomplete: "⚠️",
  failed: "❌",
};

/** How urgent a call to the platform is, most urgent first. */
export const RANKS = ["last-text", "error", "first-text", "progress", "mark", "board", "presence", "catch-up"] as const;
export type Rank = (typeof RANKS)[number];

/** A place that messages stand in. `thread` only where it is a conversation of its own. */
export interface ChannelKey {
  readonly platform: string;
  readonly workspace: string;
  readonly channel: string;
  readonly thread?: string;
}

export interface MessageKey extends ChannelKey {
  readonly message: string;
}

export interface Person {
  readonly id: string;
  readonly name: string;
}

export interface PlatformLimits {
  /** Longest text of one message, in UTF-16 code units. */
  readonly maxMessageChars: number;
  /** Shortest time between two edits of one streamed answer, in ms. */
  readonly minEditGapMs: number;
  /** Each question in a channel begins a thread of its own, in which there are no native commands. */
  readonly beginsThreads?: true;
  /** A command's reply can carry files that only its reader sees. */
  readonly canShowFiles?: true;
  /** A question that was not acknowledged is delivered again. */
  readonly redelivers?: true;
  /** A surface of the bot's own process, which the host's list of workspaces does not speak of. */
  readonly isLocal?: true;
}

/** Somebody who says or presses something, and what is known of them there. */
export interface Speaker {
  readonly author: Person;
  readonly isDirect: boolean;
  readonly isOperator: boolean;
  /** A guest of the workspace, or a stranger from a shared channel. */
  readonly isGuest?: boolean;
  /**
   * Whether they have a role or belong to a user group, by its id. Within 1 s and never rejects: unknown means no.
   * Left out where there are none.
   */
  isInGroup?(group: string): Promise<boolean>;
}

/** A file that a person put beside a question. */
export interface Attachment {
  readonly name: string;
  /** Media type as the platform reports it; not to be trusted. */
  readonly mediaType?: string;
  readonly sizeBytes: number;
  /**
   * Downloads it from the platform's own hosts only.
   * @throws {PlatformError} `refused` for more than `maxBytes`; another reason, or `why`, says what else is wrong
   */
  read(maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
}

/** Something that a model does not get. */
export interface LeftOut {
  /** A name inside a sentence: "the message that this replies to". */
  readonly what: Said;
  /** The true reason, as the asker reads it: "I have no permission to read it". */
  readonly why: Said;
}

/** A message as a model gets it: ids replaced by names. */
export interface MessageContent {
  readonly text: string;
  readonly attachments?: readonly Attachment[];
  readonly leftOut?: readonly LeftOut[];
  /** Messages that it forwards or shares. */
  readonly forwarded?: readonly ForwardedMessage[];
}

/** A message that another one forwards or shares. Its text begins with a line that says so. */
export interface ForwardedMessage extends MessageContent {
  /** Who wrote it, by the platform's id; unset where the platform does not say. */
  readonly authorId?: string;
  /** When it was written, epoch ms; unset where the platform does not say. */
  readonly at?: number;
  /** Where it was written; unset where the platform does not say. */
  readonly place?: ChannelKey;
}

/**
 * A message that a question refers to, or that was written before it. Its text holds all that can be read of it: words,
 * embeds, polls.
 */
export interface EarlierMessage extends MessageContent {
  readonly author: string;
  /** The platform's id of them; unset where the platform does not say. */
  readonly authorId?: string;
  /** When it was written, epoch ms; unset where the platform does not say. */
  readonly at?: number;
  /** The thread that it stands in, where that is another than the question's. */
  readonly thread?: string;
  /** Id of the message where the bot wrote it, so that what the history has is not sent twice. */
  readonly ownMessage?: string;
  /** The first message of its thread, which is sent however many others there are, with its files. */
  readonly isFirst?: true;
}

/** A message that is meant for the bot. Its text is the person's own words, without the mention itself. */
export interface Mention extends Speaker, MessageContent {
  readonly message: MessageKey;
  /** When it was written, epoch ms, where it was found later: below its answer is said how late that comes. */
  readonly writtenAt?: number;
  /** The message of the asker's last question, which this one takes the place of where that is still the last turn. */
  readonly replaces?: string;
  /** What is stored in one step with the question, by a platform whose messages are in the store themselves. */
  readonly alongside?: readonly Write[];
  /** What it carries besides the person's own words and what it forwards: embeds, polls, names of stickers. */
  readonly shared?: string;
  /** The message that it replies to. */
  readonly quote?: EarlierMessage;
  /** Reads the message that it replies to, where the platform left it out. @throws {PlatformError} */
  readQuote?(signal: AbortSignal): Promise<EarlierMessage>;
  /** In a thread: its first message, and up to `count` before this one, oldest first. @throws {PlatformError} */
  earlier?(count: number, signal: AbortSignal): Promise<readonly EarlierMessage[]>;
}

/** A person's reaction on one of the bot's messages. */
export interface Reaction extends Speaker {
  readonly message: MessageKey;
  /** The emoji as the person added it, perhaps with a variation selector: "⏱️". */
  readonly emoji: string;
}

/** A command by any door: typed, native, a control, a reaction. */
export interface CommandCall extends Speaker {
  readonly channel: ChannelKey;
  /** The command as typed, with its slash or exclamation mark: "/models use openai/gpt-5". */
  readonly text: string;
  readonly door?: Door;
  /** Id of the public message whose control was pressed. */
  readonly on?: string;
}

export interface PlatformHandlers {
  /**
   * Resolves once the question is stored; the answer comes on its own time. @throws {UserError} when intake is closed
   */
  onMention(mention: Mention): Promise<void>;
  /** Each reply replaces the one before. Never throws: failures come as a reply. */
  onCommand(call: CommandCall): AsyncIterable<Reply>;
  /** Resolves when what it set off is over; a reaction that means nothing does nothing. Never rejects. */
  onReaction(reaction: Reaction): Promise<void>;
  /**
   * Events come in from now on, and some before may have been missed: at startup, and after a connection that could not
   * be resumed. `told`: places where somebody may have written lately, where the platform tells of them after that,
   * perhaps later. Returns at once.
   */
  onGap(told?: readonly ChannelKey[] | Promise<readonly ChannelKey[]>): void;
  /** Whether anything said there is answered; where it is not, nothing is to be posted. From memory. */
  isServed(place: ChannelKey, isDirect: boolean): boolean;
  /** Whether the bot answers without a mention there: threads are followed, and somebody asked it there before. */
  takesPart(place: ChannelKey): Promise<boolean>;
  /**
   * Deduplicates over all processes: true the first time in `forMs` (default: an hour), and when the store fails. A
   * message is claimed as questions are: it counts once when it is edited from a command to a question. Never rejects.
   */
  isFirst(event: string | MessageKey, forMs?: number): Promise<boolean>;
  /** Autocomplete of one option of the command that `call.text` names: from memory, at once. */
  onSuggest(call: CommandCall, option: string, typed: string): readonly Choice[];
  /** Runs work in the language of a place: what a platform says there by itself. */
  inLanguageOf<T>(place: ChannelKey, work: () => T): T;
  /** A surface of the bot's own came back into somebody's view. Returns at once. */
  onFocus(): void;
}

/** What an answer that grows is made of. */
export interface ReplyStreamDeps {
  readonly platform: ChatPlatform;
  readonly question: MessageKey;
  /** Who asked. */
  readonly asker: Person;
  readonly clock: Clock;
  readonly log: Log;
  /** Shown under the answer while it grows. */
  readonly controls: readonly Control[];
  /** Called with each message that the answer gets; the last one is where it goes on. */
  onPosted(message: MessageKey): Promise<void>;
  /** Called once when the answer's place is gone or closed to the bot: nothing more is sent. */
  onLost(error: PlatformError): void;
}

/** An answer that grows. */
export interface ReplyStream {
  /** Shows the text so far, when the pace allows; each text continues the one before. Returns at once. */
  show(text: string): void;
  /**
   * Shows the last text, which continues the others, and the controls that stay; patient with a platform that fails for
   * a moment. False when there is no place for it any more. @throws what the platform throws in the end
   */
  finish(text: string, controls?: readonly Control[]): Promise<boolean>;
  /** The message that it goes on in; undefined while nothing of it was ever shown. */
  postedIn(): MessageKey | undefined;
}

/** How a message is sent. */
export interface SendTerms {
  /** Default: "error". */
  readonly rank?: Rank;
  /** The question that the message answers: a post refers to it, and all calls for one answer take turns as one. */
  readonly replyTo?: MessageKey;
  /** Calls the message off while it waits for the platform's rate limit, and never once it goes out. */
  readonly signal?: AbortSignal;
}

export interface PostTerms extends SendTerms {
  /** Arrives without a notification, where the platform can do that. */
  readonly isSilent?: true;
  /**
   * Names the post by at most 25 letters and digits, so that it is there once although it is sent again. `triedSince`
   * (epoch ms): an earlier attempt, perhaps of an ended process, may have arrived since then, and is looked for first.
   */
  readonly once?: { readonly name: string; readonly triedSince?: number };
  /** Shown to this person alone where the platform can do that without a command, to everybody elsewhere. */
  readonly onlyFor?: Person;
  /** With `onlyFor`: never to everybody. Elsewhere the post fails with `refused`. */
  readonly isPrivate?: true;
}

/**
 * A chat surface. It waits for its own rate limits: the more urgent rank first, shared fairly among the answers that
 * stream there. A function gives the text just before the call goes out, so that whoever waited sends the newest.
 * Before it gains a member, three platforms must want it; what one platform alone can do is a part of `PlatformParts`.
 */
export interface ChatPlatform {
  readonly name: string;
  readonly limits: PlatformLimits;
  /** The workspaces that the bot is in, as settings know them: "playground:local"; one object until they change. */
  workspaces(): readonly string[];
  /** What is not right, for readiness; undefined when it is up. */
  fault(): string | undefined;
  /** Resolves when it has begun to connect; a token that is refused is told by `fault`, and other platforms go on. */
  start(handlers: PlatformHandlers): Promise<void>;
  stop(): Promise<void>;
  /** @throws {PlatformError} @throws signal.reason when aborted while it waits */
  post(channel: ChannelKey, reply: Reply | (() => Reply), terms?: PostTerms): Promise<MessageKey>;
  /**
   * Replaces what the message shows; a function that returns undefined calls the edit off.
   * @throws {PlatformError} `gone` when the message or its channel no longer exists @throws signal.reason when aborted
   * while it waits
   */
  edit(message: MessageKey, reply: Reply | (() => Reply | undefined), terms?: SendTerms): Promise<void>;
  /**
   * Adds lines below what the message shows now (what an earlier process left) and puts these controls in the place of
   * its own. Resolves with what it showed. @throws {PlatformError}
   */
  append(message: MessageKey, lines: string, controls?: readonly Control[]): Promise<string>;
  /**
   * Replaces the bot's own mark; undefined takes it away. Those of a message come in the order of the calls. Where the
   * service's limits keep "working" or "waiting" too long, it resolves before, and a newer mark takes that one's place.
   * @throws {PlatformError}
   */
  mark(message: MessageKey, mark: Mark | undefined): Promise<void>;
  /**
   * Puts reactions under one of the bot's own messages for people to press, or takes a person's away where the platform
   * lets the bot. @throws {PlatformError}
   */
  react(message: MessageKey, change: ReactionChange): Promise<void>;
  /** Shows an answer that grows in a way of the platform's own. Default: it is posted and edited. */
  createReplyStream?(deps: ReplyStreamDeps): ReplyStream;
}

export type ReactionChange =
  | { readonly offer: readonly string[] }
  | { readonly clear: string; readonly author: Person };

/** Returns the reply that is current now. */
export const currentReply = <T extends Reply | undefined>(reply: Reply | (() => T)): Reply | T =>
  typeof reply === "function" ? reply() : reply;
