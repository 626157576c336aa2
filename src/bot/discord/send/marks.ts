import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import { type ChatPlatform, MARK_EMOJI, type MessageKey } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { channelIdOf } from "../wire/places.js";
import type { Calls } from "./calls.js";
import { patiently } from "./patiently.js";
import type { DiscordRest } from "./rest.js";
import { addressOf, parsed } from "./send.js";

export interface MarksDeps {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly clock: Clock;
}

export interface Marks extends Pick<ChatPlatform, "mark" | "react"> {
  /** Resolves when every mark that was asked for so far is there, or has failed. */
  settled(): Promise<void>;
}

const reactions = z.object({
  reactions: z.array(z.object({ me: z.boolean(), emoji: z.object({ name: z.string().nullish() }) })).optional(),
});

/** Marks beyond so many are looked up again before they are replaced. */
const MOST_REMEMBERED = 2_000;
/** Where reactions are not allowed, they are not tried again for so long: 10,000 refusals in 10 min ban the bot's address. */
const FORBIDDEN_MS = 600_000;
const MOST_FORBIDDEN = 1_000;
/** Waiting longer than that for a reaction would hold up what comes after it. */
const PATIENCE_MS = 10_000;
/** An end mark is what a person waits for, and nothing comes after it. */
const END_PATIENCE_MS = 120_000;
/** A reaction whose answer takes longer is put again: that changes nothing where it arrived. */
const TIMEOUT_MS = 5_000;

/** The bot's reactions: one mark at a time on a question, and what it offers under messages of its own. */
export function createMarks({ rest, calls, clock }: MarksDeps): Marks {
  /** What stands there by this process; undefined where an earlier one may have left something. */
  const remembered = new Map<string, string | undefined>();
  /** Per message, so that marks come in the order in which they were asked for. */
  const queues = new Map<string, Promise<void>>();
  const inFlight = new Map<string, Promise<void>>();

  /**
   * One reaction in flight per channel: at one in 250 ms, the answer to the last says better than any estimate when the
   * next may go.
   */
  const reactInTurn = (method: "PUT" | "DELETE", message: MessageKey, emoji: string, who: string): Promise<void> => {
    const channel = channelIdOf(message);
    const done = (inFlight.get(channel) ?? Promise.resolve()).then(() => reactNow(method, message, emoji, who));
    const settled = done
      .catch(() => {}) // the caller gets it; the next one goes on
      .then(() => {
        if (inFlight.get(channel) === settled) inFlight.delete(channel);
      });
    inFlight.set(channel, settled);
    return done;
  };
  const react = (
    method: "PUT" | "DELETE",
    message: MessageKey,
    emoji: string,
    { who = "@me", patienceMs = PATIENCE_MS } = {},
  ) => patiently(() => reactInTurn(method, message, emoji, who), { clock, patienceMs });
  /** Channels where the bot may not react, and since when. */
  const forbidden = new Map<string, { readonly at: number; readonly error: PlatformError }>();
  const reactNow = async (method: "PUT" | "DELETE", message: MessageKey, emoji: string, who: string) => {
    const path = `${addressOf(message)}/reactions/${encodeURIComponent(emoji)}/${who}` as const;
    const what = method === "PUT" ? "adding a reaction" : "removing a reaction";
    const channel = channelIdOf(message);
    const closed = forbidden.get(channel);
    if (closed !== undefined && closed.at > clock.now() - FORBIDDEN_MS) throw closed.error;
    await calls.take(method, path, "mark");
    try {
      await rest.call(method, path, { what, timeoutMs: TIMEOUT_MS });
      forbidden.delete(channel);
    } catch (error) {
      if (who === "@me" && error instanceof PlatformError && error.reason === "forbidden") {
        if (forbidden.size >= MOST_FORBIDDEN) forbidden.clear();
        forbidden.set(channel, { at: clock.now(), error });
      }
      throw error;
    }
  };

  const before = async (message: MessageKey, patienceMs: number): Promise<readonly string[]> => {
    if (remembered.has(message.message)) return [remembered.get(message.message) ?? []].flat();
    const what = "reading a message";
    const read = async () => {
      await calls.take("GET", addressOf(message), "mark");
      return rest.call("GET", addressOf(message), { what });
    };
    const { reactions: all = [] } = parsed(reactions, await patiently(read, { clock, patienceMs }), what);
    const marks: readonly string[] = Object.values(MARK_EMOJI);
    return all.flatMap(({ me, emoji: { name } }) => (me && name && marks.includes(name) ? [name] : []));
  };

  const replace = async (message: MessageKey, emoji: string | undefined, isFirst: boolean, patienceMs: number) => {
    const old = isFirst && !remembered.has(message.message) ? [] : await before(message, patienceMs);
    for (const one of old) {
      if (one === emoji) continue;
      await react("DELETE", message, one, { patienceMs }).catch((error) => {
        if (!(error instanceof PlatformError) || error.reason !== "gone") throw error; // somebody took it away already
      });
    }
    if (emoji !== undefined && !old.includes(emoji)) await react("PUT", message, emoji, { patienceMs });
    remembered.delete(message.message);
    remembered.set(message.message, emoji);
    const [oldest] = remembered.keys();
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  };

  return {
    async settled() {
      await Promise.all(queues.values());
    },
    mark(message, mark) {
      const emoji = mark === undefined ? undefined : MARK_EMOJI[mark];
      const isFirst = mark === "working" || mark === "waiting";
      const patienceMs = isFirst ? PATIENCE_MS : END_PATIENCE_MS;
      const marked = (queues.get(message.message) ?? Promise.resolve()).then(() =>
        replace(message, emoji, isFirst, patienceMs),
      );
      const settled = marked
        .catch(() => {}) // the caller gets it; the next mark goes on
        .then(() => {
          if (queues.get(message.message) === settled) queues.delete(message.message);
        });
      queues.set(message.message, settled);
      return marked;
    },
    async react(message, change) {
      if ("offer" in change) {
        for (const emoji of change.offer) await react("PUT", message, emoji);
        return;
      }
      await react("DELETE", message, change.clear, { who: change.author.id }).catch((error) => {
        // Taking people's reactions away needs Manage Messages, which the invite does not ask for.
        if (!(error instanceof PlatformError) || !["forbidden", "gone"].includes(error.reason)) throw error;
      });
    },
  };
}
