import type { Hono } from "hono";
import type { Clock } from "../../base/clock.js";
import type { Definition, Environment } from "../../base/config/config.js";
import type { HostConfig } from "../../base/config/config-host.js";
import type { Log } from "../../base/log.js";
import type { Command } from "../../commands/command.js";
import type { CommandDeps } from "../../commands/command-deps.js";
import type { Languages } from "../../languages/languages.js";
import type { Store } from "../../store/store.js";
import type { AnswerFacts, ConversationModel } from "./conversation-facts.js";
import type { ChannelKey, ChatPlatform, Mention, MessageKey, Person } from "./platform.js";
import type { StatusView } from "./status-view.js";

/** What platforms are made of. */
export interface PlatformDeps {
  readonly config: Pick<HostConfig, "access" | "http">;
  readonly store: Store;
  /** This process among all that share the store. */
  readonly owner: string;
  /** How many processes share the store, this one included; others count some seconds after their start. */
  replicas(): number;
  readonly clock: Clock;
  readonly log: Log;
  readonly commands: readonly Command[];
  readonly languages: Languages;
  /** What `/api/status` answers; from memory. */
  status(): StatusView;
  /** Called after every change of what `status` tells. Returns how to stop that. */
  onStatusChange(listener: () => void): () => void;
  /** The model of the conversation there. @throws {StoreError} */
  modelOf(place: ChannelKey): Promise<ConversationModel>;
  /** What the last answer of the conversation there took; undefined where there is none. @throws {StoreError} */
  lastAnswer(place: ChannelKey): Promise<AnswerFacts | undefined>;
  /** Ends what is answered there and erases the conversation, as somebody wishes. @throws {StoreError} */
  forget(place: ChannelKey, by: Person): Promise<void>;
}

/** What some platforms can do besides the port. */
export interface PlatformExtras {
  /** Shows one line about the bot itself (presence, a status bar); the newest wins. */
  showStatus?(line: string): Promise<void>;
  /**
   * Begins a thread under a message, or in a channel. Resolves with its place, and a link to it in Markdown: "<#123>".
   * @throws {PlatformError}
   */
  openThread?(at: ChannelKey | MessageKey, title: string): Promise<OpenedThread>;
  /**
   * Called first of all when the bot stops: leaves what one replica alone receives to the others, where there are any,
   * and resolves when what came in until then is stored. Never rejects.
   */
  handOver?(): Promise<void>;
  /** Which replica receives which part of the platform's events; unset where each receives all of them. */
  shares?(): EventShares;
  /** What somebody should look at, though it keeps nobody from using the bot. */
  warnings?(): readonly string[];
  /**
   * Looks up whether a person belongs to one of these workspaces, by their ids; ids that are no workspace of this
   * platform's are passed over. @throws {PlatformError} when the platform does not say
   */
  isMemberOf?(person: string, workspaces: readonly string[]): Promise<boolean>;
  /**
   * Reads the mentions and direct messages that were written at a place since `since` (epoch ms), also in threads that
   * began there since then, without those that bear the bot's mark or have its reply, and without commands. Yields each
   * conversation's as soon as they are read. @throws {PlatformError} where they can't be read @throws signal.reason
   */
  readMissed?(place: ChannelKey, since: number, signal: AbortSignal): AsyncIterable<readonly MissedMention[]>;
  /**
   * Reads a question again, as its event brought it; undefined where it no longer exists or is not for the bot.
   * @throws {PlatformError} where it can't be read, or another replica receives the events of its place
   */
  reread?(question: MessageKey): Promise<MissedMention | undefined>;
  /**
   * Finds the bot's messages, oldest first, that may be its reply to a question of an ended process: what stands below
   * the question may belong to another one. Empty where there is none, or the bot may not look.
   * @throws {PlatformError} where looking later may help
   */
  findReplies?(question: MessageKey): Promise<readonly FoundReply[]>;
  /** Where the platform itself keeps the messages: erases those of a place. @throws {StoreError} */
  forget?(channel: ChannelKey): Promise<void>;
  /** Where the platform itself keeps the messages: replaces a person's words by "(erased)". @throws {StoreError} */
  eraseText?(message: MessageKey): Promise<void>;
  /** Where the platform itself keeps the messages: erases what nobody touched since `before` (epoch ms). */
  eraseUntouched?(before: number): Promise<number>;
}

/** A question that did not come in by itself. */
export type MissedMention = Mention & { readonly writtenAt: number };

export interface FoundReply {
  readonly message: MessageKey;
  /** What it shows; unset where nobody has looked. */
  readonly text?: string;
  /** The platform says which question it is a reply to. */
  readonly isSure?: true;
}

export interface OpenedThread {
  readonly place: ChannelKey;
  readonly link: string;
}

export interface PlatformParts extends PlatformExtras {
  readonly platform: ChatPlatform;
  /** What it mounts on the HTTP server that always runs. */
  readonly routes?: (app: Hono) => void;
}

/** One line of the check-up. */
export interface PlatformFinding {
  readonly isFine: boolean;
  /** Names the variable and the fix where something is wrong. */
  readonly text: string;
}

/** A platform that the environment configures, not yet made: its SDK is imported by `create` and `check` only. */
export interface PlatformSetup {
  readonly id: string;
  /** The token that it signs in with, and the address where the service is asked if that isn't the vendor's own. */
  readonly key?: string;
  readonly baseUrl?: string | undefined;
  /** Whether its page is on the bot's own HTTP server, whose address is printed at startup. */
  readonly isServedHere?: true;
  create(deps: PlatformDeps): Promise<PlatformParts>;
  /** Loads its code ahead of `create`, while something else is waited for. */
  load?(): Promise<unknown>;
  /** What the store tells of the replicas that run. @throws {StoreError} */
  checkReplicas?(store: Pick<Store, "values">): Promise<readonly PlatformFinding[]>;
  /** Asks the service whether it would take the bot. Never rejects. */
  check?(deps: Pick<PlatformDeps, "config" | "clock" | "log">): Promise<readonly PlatformFinding[]>;
}

export interface ProgramDeps {
  /** What stands behind its name. */
  readonly words: readonly string[];
  readEnvironment(): Environment;
  createCommands(deps: CommandDeps): readonly Command[];
  print(line: string): void;
  printError(line: string): void;
}

/** Something else than the bot that its executable can run: `npm run NAME`. */
export interface Program {
  readonly name: string;
  /** What it does, for the usage text. */
  readonly about: string;
  /** Whether words may follow its name. Default: false. */
  readonly takesWords?: true;
  /** Resolves with the exit code. */
  run(deps: ProgramDeps): Promise<number>;
}

/** A platform's entry in the registry. Its id is the first word of what it stores and of its operators' names. */
export interface PlatformDefinition extends Definition<PlatformSetup> {
  /** Name of the platform as people write it. */
  readonly name: string;
  readonly programs?: readonly Program[];
}

/** How the replicas on one store share out the events of a platform that can tell each of them a part. */
export interface EventShares {
  /** How many shards there are. */
  readonly count: number;
  readonly replicas: readonly {
    /** The name of its machine. */
    readonly host: string;
    readonly isOwn: boolean;
    readonly shards: readonly number[];
  }[];
  /** How many events this replica has received since it started. */
  readonly received: number;
}

/** Says which replica has which shards: "shards 0–2 of 4 here, 3 on bot-2". */
export function sharesLine({ count, replicas }: Pick<EventShares, "count" | "replicas">): string {
  const [first = "no shards", ...rest] = replicas
    .filter(({ shards, isOwn }) => shards.length > 0 || isOwn)
    .map(({ host, isOwn, shards }) => ({ where: isOwn ? "here" : `on ${host}`, what: ranges(shards) }))
    .map(({ where, what }, index) => (index === 0 ? `shards ${what} of ${count} ${where}` : `${what} ${where}`));
  return [first, ...rest].join(", ");
}

/** "0–2, 5"; "none" where there are none. */
function ranges(numbers: readonly number[]): string {
  const parts: { from: number; to: number }[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = parts.at(-1);
    if (last?.to === number - 1) last.to = number;
    else parts.push({ from: number, to: number });
  }
  return parts.map(({ from, to }) => (from === to ? from : `${from}–${to}`)).join(", ") || "none";
}
