import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import type { Log } from "../../base/log.js";
import type { Reply } from "../../commands/command.js";
import { phrase, t } from "../../languages/translate.js";
import type { ChatPlatform, Mark, MessageKey, Reaction } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";

export interface BoardReactionsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** The command that a press stands for now; undefined where it means nothing. */
  commandOf(reaction: Reaction): string | undefined;
}

/** Runs a command with the permission of whoever pressed. */
export type RunCommand = (command: string) => AsyncIterable<Reply>;

/** What pressing a reaction under a board sets off. */
export interface BoardReactions {
  /** Resolves when it is done and its confirmation is taken away again. Never rejects. */
  press(platform: ChatPlatform, reaction: Reaction, run: RunCommand): Promise<void>;
  /** Resolves when nothing is under way, or after 2 s. */
  idle(): Promise<void>;
}

/** How long the outcome stays on the board. */
const CONFIRMED_MS = 5_000;
/** Presses that wait for their turn on one board; more are dropped. */
const MOST_WAITING = 5;
const TOO_MANY_WAITING = phrase`Too many reactions came at once, so yours was dropped. React again in a moment.`;

/** How long a stop waits for marks to be taken away. */
const IDLE_MS = 2_000;

interface Line {
  /** The presses under way, one after the other, so that their marks do not mix. */
  tail: Promise<void>;
  waiting: number;
  /** Counts the marks that were put, so that one is taken away only while it stands. */
  marks: number;
}

export function createBoardReactions({ clock, log, signal, commandOf }: BoardReactionsDeps): BoardReactions {
  const lines = new Map<string, Line>();
  const underWay = new Set<Promise<void>>();

  const show = (platform: ChatPlatform, message: MessageKey, mark: Mark | undefined) =>
    platform.mark(message, mark).catch((error) => log.warn({ error }, "board: mark failed"));
  const takeAway = (platform: ChatPlatform, { message, emoji, author }: Reaction) =>
    platform
      .react(message, { clear: emoji, author })
      .catch((error) => log.warn({ error }, "board: removing a reaction failed"));
  /** Tells the presser alone; where the platform can't, the board's last line says what ❌ may mean. */
  const explain = (platform: ChatPlatform, { message, author }: Reaction, why: Reply | undefined) =>
    platform
      .post(
        message,
        { markdown: why?.markdown ?? t(TOO_MANY_WAITING) },
        { rank: "board", onlyFor: author, isPrivate: true },
      )
      .catch((error) => {
        const isNormal = error instanceof PlatformError && error.reason === "refused";
        if (!isNormal) log.debug({ error }, "board: could not tell why a reaction failed");
      });

  const obey = async (platform: ChatPlatform, reaction: Reaction, run: RunCommand, line: Line) => {
    const command = commandOf(reaction);
    if (command === undefined || signal.aborted) return;
    line.marks += 1;
    await show(platform, reaction.message, "waiting");
    let last: Reply | undefined;
    for await (const reply of run(command)) last = reply;
    const isRefused = last === undefined || last.isFailure === true;
    await show(platform, reaction.message, isRefused ? "failed" : "done");
    if (isRefused) await explain(platform, reaction, last);
  };
  const press = async (platform: ChatPlatform, reaction: Reaction, run: RunCommand) => {
    const key = `${reaction.message.channel}:${reaction.message.message}`;
    const line = lines.get(key) ?? { tail: Promise.resolve(), waiting: 0, marks: 0 };
    lines.set(key, line);
    const cleared = takeAway(platform, reaction);
    if (line.waiting >= MOST_WAITING) {
      await explain(platform, reaction, undefined);
      return cleared;
    }
    line.waiting += 1;
    line.tail = line.tail
      .then(() => obey(platform, reaction, run, line))
      .catch((error) => log.error({ error }, "board: reaction failed"));
    await line.tail;
    line.waiting -= 1;
    const mine = line.marks;
    await clock.sleep(CONFIRMED_MS, signal).catch(() => {}); // stopping: it is taken away at once
    if (line.marks === mine && line.waiting === 0 && lines.get(key) === line) {
      lines.delete(key);
      await show(platform, reaction.message, undefined);
    }
    await cleared;
  };

  return {
    async press(platform, reaction, run) {
      if (commandOf(reaction) === undefined || signal.aborted) return;
      const mine = press(platform, reaction, run);
      underWay.add(mine);
      await mine.finally(() => underWay.delete(mine));
    },
    async idle() {
      const all = async () => void (await Promise.allSettled(underWay));
      await withDeadline(all, { what: "the marks on boards", timeoutMs: IDLE_MS, clock }).catch((error) =>
        log.warn({ error }, "board: a mark may remain"),
      );
    },
  };
}
