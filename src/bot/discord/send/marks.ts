import { RESTJSONErrorCodes } from "discord-api-types/v10";
import { z } from "zod";
import { BoundedMap } from "../../../base/bounded-map.js";
import type { Clock } from "../../../base/clock.js";
import { createSerial } from "../../../base/serial.js";
import { type ChatPlatform, MARK_EMOJI, type MessageKey } from "../../port/platform.js";
import { PlatformError, type PlatformErrorReason } from "../../port/platform-error.js";
import { discordCodeOf, parsed } from "../wire/answer.js";
import { channelIdOf } from "../wire/places.js";
import type { Calls } from "./calls.js";
import { type DiscordRest, withRetry } from "./rest.js";
import { addressOf } from "./send.js";

export interface DiscordMarksDeps {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly clock: Clock;
}

export interface DiscordMarks extends Pick<ChatPlatform, "mark" | "react"> {
  /** Resolves when every mark that was asked for so far is there, or has failed. */
  settled(): Promise<void>;
}

const withReactions = z.object({
  reactions: z.array(z.object({ me: z.boolean(), emoji: z.object({ name: z.string().nullish() }) })).optional(),
});

/** Marks beyond these are looked up again before they are replaced. */
const MAX_REMEMBERED = 500;
/**
 * How long reactions are not tried where they are not allowed: Discord bans the bot's address after 10,000 refusals in
 * 10 min.
 */
const FORBIDDEN_MS = 600_000;
const MAX_FORBIDDEN = 1_000;
/** Waiting longer for a reaction would hold up what comes after it. */
const PATIENCE_MS = 10_000;
/** An end mark is what a person waits for, and nothing comes after it. */
const END_PATIENCE_MS = 120_000;
/** A reaction whose answer takes longer is put again: that changes nothing where it arrived. */
const TIMEOUT_MS = 5_000;

/** A reaction to put under a message or to take away; `who`: the bot itself ("@me") or a person's id. */
interface Change {
  readonly method: "PUT" | "DELETE";
  readonly emoji: string;
  readonly who: string;
  readonly patienceMs: number;
}

/** The bot's reactions: one mark at a time on a question, and what it offers under messages of its own. */
export function createDiscordMarks(deps: DiscordMarksDeps): DiscordMarks {
  const put = createReactor(deps);
  /** The emoji that this process left on a message; a message that is missing may have one of an earlier process. */
  const remembered = new BoundedMap<string, string | undefined>(MAX_REMEMBERED);
  /** By message, so that marks come in the order in which they were asked for. */
  const inOrder = createSerial();
  const running = new Set<Promise<void>>();

  const replace = async (message: MessageKey, emoji: string | undefined, isFirst: boolean) => {
    const patienceMs = isFirst ? PATIENCE_MS : END_PATIENCE_MS;
    const id = message.message;
    let old: readonly (string | undefined)[] = [remembered.get(id)];
    // The first mark of a question finds none, unless this process put one.
    if (!isFirst && !remembered.has(id)) old = await readMarks(deps, message, patienceMs);
    for (const one of old)
      if (one !== undefined && one !== emoji)
        await put(message, { method: "DELETE", emoji: one, who: "@me", patienceMs }).catch(unless("gone"));
    if (emoji !== undefined && !old.includes(emoji))
      await put(message, { method: "PUT", emoji, who: "@me", patienceMs });
    remembered.set(id, emoji);
  };
  return {
    async settled() {
      await Promise.allSettled(running);
    },
    async mark(message, mark) {
      const emoji = mark === undefined ? undefined : MARK_EMOJI[mark];
      const isFirst = mark === "working" || mark === "waiting";
      const marked = inOrder(message.message, () => replace(message, emoji, isFirst));
      running.add(marked);
      await marked.finally(() => running.delete(marked));
    },
    async react(message, change) {
      const terms = { who: "@me", patienceMs: PATIENCE_MS };
      if ("offer" in change) {
        for (const emoji of change.offer) await put(message, { ...terms, method: "PUT", emoji });
        return;
      }
      const { clear, author } = change;
      // Taking people's reactions away needs Manage Messages, which the invite does not ask for.
      await put(message, { ...terms, method: "DELETE", emoji: clear, who: author.id }).catch(
        unless("forbidden", "gone"),
      );
    },
  };
}

/** Passes an error on unless it has one of these reasons. */
const unless =
  (...reasons: readonly PlatformErrorReason[]) =>
  (error: unknown) => {
    if (!(error instanceof PlatformError) || !reasons.includes(error.reason)) throw error;
  };

/** The bot's own marks on a message. @throws {PlatformError} */
async function readMarks({ rest, calls, clock }: DiscordMarksDeps, message: MessageKey, patienceMs: number) {
  const what = "reading a message";
  const read = async () => {
    await calls.take("GET", addressOf(message), "mark");
    return rest.call("GET", addressOf(message), { what });
  };
  const { reactions = [] } = parsed(withReactions, await withRetry(read, { clock, patienceMs }), what);
  const marks: readonly string[] = Object.values(MARK_EMOJI);
  return reactions.flatMap(({ me, emoji: { name } }) => (me && name && marks.includes(name) ? [name] : []));
}

/**
 * Puts and takes away reactions, with one in flight per channel: at one in 250 ms, the answer to the last says better
 * than any estimate when the next may go.
 */
function createReactor({ rest, calls, clock }: DiscordMarksDeps) {
  const inTurn = createSerial();
  /** Channels where the bot may not react, and since when. */
  const forbidden = new BoundedMap<string, { readonly at: number; readonly error: PlatformError }>(MAX_FORBIDDEN);

  const send = async (message: MessageKey, { method, emoji, who }: Change) => {
    const path = `${addressOf(message)}/reactions/${encodeURIComponent(emoji)}/${who}` as const;
    const what = method === "PUT" ? "adding a reaction" : "removing a reaction";
    const channel = channelIdOf(message);
    const refusal = forbidden.get(channel);
    if (refusal !== undefined && refusal.at > clock.now() - FORBIDDEN_MS) throw refusal.error;
    await calls.take(method, path, "mark");
    try {
      await rest.call(method, path, { what, timeoutMs: TIMEOUT_MS });
      forbidden.delete(channel);
    } catch (error) {
      const isForGood = discordCodeOf(error) !== RESTJSONErrorCodes.InvalidActionOnArchivedThread;
      if (who === "@me" && error instanceof PlatformError && error.reason === "forbidden" && isForGood)
        forbidden.set(channel, { at: clock.now(), error });
      throw error;
    }
  };
  return (message: MessageKey, change: Change): Promise<void> =>
    withRetry(() => inTurn(channelIdOf(message), () => send(message, change)), {
      clock,
      patienceMs: change.patienceMs,
    });
}
