import type { Reply } from "../commands/command.js";

/** What the bot tells about a question by a reaction; each platform picks its emoji. One at a time. */
export type Mark = "working" | "waiting" | "done" | "incomplete" | "failed";

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
}

/** A chat surface. Before it gains a verb, three platforms must want it. */
export interface ChatPlatform {
  readonly name: string;
  readonly limits: PlatformLimits;
  /** The workspaces that the bot is in, as settings know them: "playground:local". */
  workspaces(): readonly string[];
  /** What is not right, for readiness; undefined when it is up. */
  fault(): string | undefined;
  start(handlers: PlatformHandlers): Promise<void>;
  stop(): Promise<void>;
  post(channel: ChannelKey, reply: Reply, replyTo?: MessageKey): Promise<MessageKey>;
  edit(message: MessageKey, reply: Reply): Promise<void>;
  /** Adds lines below what the message shows now (what an earlier process left), and resolves with what it showed. */
  append(message: MessageKey, lines: string): Promise<string>;
  mark(message: MessageKey, mark: Mark | undefined): Promise<void>;
  showStatus(line: string): Promise<void>;
}
