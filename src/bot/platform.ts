import type { Choice, Reply } from "../commands/command.js";

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
export const RANKS = ["last-text", "error", "first-text", "progress", "mark", "board", "presence"] as const;
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
}

/** A message that is meant for the bot. */
export interface Mention {
  readonly message: MessageKey;
  readonly author: Person;
  /** Without the mention itself. */
  readonly text: string;
  readonly isDirect: boolean;
  readonly isOperator: boolean;
}

/** A person's reaction on one of the bot's messages. */
export interface Reaction {
  readonly message: MessageKey;
  readonly author: Person;
  /** As the person put it, perhaps with a variation selector: "⏱️". */
  readonly emoji: string;
  readonly isDirect: boolean;
  readonly isOperator: boolean;
}

/** A command by any door: typed, native, a control, a reaction. */
export interface CommandCall {
  readonly channel: ChannelKey;
  readonly author: Person;
  /** As typed, with its slash or exclamation mark: "/models use openai/gpt-5". */
  readonly text: string;
  readonly isDirect: boolean;
  readonly isOperator: boolean;
}

export interface PlatformHandlers {
  /** Resolves once the question is stored; the answer comes on its own time. @throws {UserError} when intake is closed */
  onMention(mention: Mention): Promise<void>;
  /** Each reply replaces the one before. Never throws: failures come as a reply. */
  onCommand(call: CommandCall): AsyncIterable<Reply>;
  /** Resolves when what it set off is over; a reaction that means nothing does nothing. Never rejects. */
  onReaction(reaction: Reaction): Promise<void>;
  /** Autocomplete of one option of the command that `call.text` names: from memory, at once. */
  onSuggest(call: CommandCall, option: string, typed: string): readonly Choice[];
  /** A surface of the bot's own came back into somebody's view. Returns at once. */
  onFocus(): void;
}

/** A chat surface. Before it gains a verb, three platforms must want it. */
export interface ChatPlatform {
  readonly name: string;
  /** A surface of the bot's own process, which the host's list of workspaces does not speak of. */
  readonly isLocal?: true;
  readonly limits: PlatformLimits;
  /** The workspaces that the bot is in, as settings know them: "playground:local". */
  workspaces(): readonly string[];
  /** What is not right, for readiness; undefined when it is up. */
  fault(): string | undefined;
  /** Resolves when it has begun to connect; a token that is refused is told by `fault`, and other platforms go on. */
  start(handlers: PlatformHandlers): Promise<void>;
  stop(): Promise<void>;
  /**
   * Resolves when a call for this channel may go out without running into a limit: the more urgent first, shared fairly
   * among the answers that stream there. Whoever waits sends the newest text it has by then. At once where nothing
   * limits. `call` says what it is for, where the rank alone does not: a last text may be the first of its message.
   * @throws signal.reason when aborted
   */
  slot(channel: ChannelKey, rank: Rank, signal?: AbortSignal, call?: "post" | "edit"): Promise<void>;
  /** @throws {PlatformError} */
  post(channel: ChannelKey, reply: Reply, replyTo?: MessageKey): Promise<MessageKey>;
  /** @throws {PlatformError} `gone` when the message or its channel is no more */
  edit(message: MessageKey, reply: Reply): Promise<void>;
  /** Adds lines below what the message shows now (what an earlier process left), and resolves with what it showed. @throws {PlatformError} */
  append(message: MessageKey, lines: string): Promise<string>;
  /** Replaces the bot's own mark; undefined takes it away. @throws {PlatformError} */
  mark(message: MessageKey, mark: Mark | undefined): Promise<void>;
  /** Puts reactions under one of the bot's own messages, for people to press. @throws {PlatformError} */
  offerReactions(message: MessageKey, emojis: readonly string[]): Promise<void>;
  /** Takes a person's reaction away, where the platform lets the bot; else does nothing. @throws {PlatformError} */
  clearReaction(message: MessageKey, emoji: string, author: Person): Promise<void>;
  /** Shows one line about the bot itself (presence), where there is a place for it; the newest wins. */
  showStatus(line: string): Promise<void>;
}
