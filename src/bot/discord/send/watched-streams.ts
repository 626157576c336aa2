import { RESTJSONErrorCodes } from "discord-api-types/v10";
import { z } from "zod";
import type { Log } from "../../../base/log.js";
import { t } from "../../../languages/translate.js";
import { createReplyStream } from "../../delivery/reply-stream.js";
import type { MessageKey, ReplyStream, ReplyStreamDeps } from "../../port/platform.js";
import { isLost, PlatformError } from "../../port/platform-error.js";
import { discordCodeOf } from "../wire/answer.js";
import { channelIdOf } from "../wire/places.js";
import type { Calls } from "./calls.js";
import type { DiscordRest } from "./rest.js";

/** Events that may take the place of an answer away. */
export const LOSSES = [
  "MESSAGE_DELETE",
  "MESSAGE_DELETE_BULK",
  "CHANNEL_DELETE",
  "THREAD_DELETE",
  "GUILD_DELETE",
  "CHANNEL_UPDATE",
  "GUILD_ROLE_UPDATE",
  "GUILD_ROLE_DELETE",
  "GUILD_MEMBER_UPDATE",
] as const;
export type LossName = (typeof LOSSES)[number];

export interface WatchedStreamsDeps {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly log: Log;
  selfId(): string | undefined;
}

/** Answers that grow, and end as soon as Discord tells that nobody can read the rest. */
export interface WatchedStreams {
  create(deps: ReplyStreamDeps): ReplyStream;
  /** Takes in an event. Never throws. */
  onEvent(name: LossName, data: unknown): void;
}

interface Watched {
  readonly question: MessageKey;
  postedIn(): MessageKey | undefined;
  lose(error: PlatformError): void;
}

const id = z.string();
const event = z.object({
  id: id.optional(),
  ids: z.array(id).optional(),
  guild_id: id.optional(),
  user: z.object({ id }).optional(),
  unavailable: z.boolean().nullish(),
});
type Loss = z.infer<typeof event>;

/** What Discord says where a thread was locked, and where only moderators may open it again. */
const CLOSED: readonly number[] = [RESTJSONErrorCodes.ThreadLocked, RESTJSONErrorCodes.InvalidActionOnArchivedThread];

/** Says in the channel of a thread why an answer in it stays without its end. Never rejects. */
async function sayClosed({ platform, question, log }: ReplyStreamDeps): Promise<void> {
  const { thread, message: _message, ...channel } = question;
  if (thread === undefined) return;
  const reason = t`could not be finished: the thread was locked. Unlock it and ask again.`;
  await platform
    .post(channel, { markdown: t`⚠️ My answer in <#${thread}> ${reason}` }, { rank: "error" })
    .catch((error) => log.warn({ error }, "discord: lock of a thread could not be reported in its channel"));
}

export function createWatchedStreams({ rest, calls, log, selfId }: WatchedStreamsDeps): WatchedStreams {
  /** Held weakly: a turn that fails before its last text never finishes its stream. */
  const live = new Set<WeakRef<Watched>>();
  const liveOnes = (): readonly Watched[] =>
    [...live].flatMap((ref) => {
      const stream = ref.deref();
      if (stream === undefined) live.delete(ref);
      return stream ?? [];
    });

  /** The place may be closed to the bot since: asking is the only way to know. */
  const check = async (stream: Watched) => {
    const path = `/channels/${channelIdOf(stream.question)}` as const;
    try {
      await calls.take("GET", path, "error");
      await rest.call("GET", path, { what: "reading a channel" });
    } catch (error) {
      if (isLost(error)) stream.lose(error);
      else log.debug({ error }, "lookup of an answer's message failed, its next edit shows whether it exists");
    }
  };
  const take: Readonly<Record<LossName, (loss: Loss) => void>> = {
    MESSAGE_DELETE: (loss) => lose("message", ({ postedIn }) => postedIn()?.message === loss.id),
    MESSAGE_DELETE_BULK: ({ ids = [] }) => lose("message", ({ postedIn }) => ids.includes(postedIn()?.message ?? "")),
    CHANNEL_DELETE: (loss) =>
      lose("channel", ({ question }) => question.channel === loss.id || question.thread === loss.id),
    THREAD_DELETE: (loss) => lose("thread", ({ question }) => question.thread === loss.id),
    // One that is unavailable for a while comes back.
    GUILD_DELETE: (loss) => lose("server", ({ question }) => !loss.unavailable && question.workspace === loss.id),
    CHANNEL_UPDATE: (loss) => checkThose(({ question }) => question.channel === loss.id || question.thread === loss.id),
    GUILD_ROLE_UPDATE: (loss) => checkThose(({ question }) => question.workspace === loss.guild_id),
    GUILD_ROLE_DELETE: (loss) => checkThose(({ question }) => question.workspace === loss.guild_id),
    GUILD_MEMBER_UPDATE: (loss) =>
      checkThose(({ question }) => loss.user?.id === selfId() && question.workspace === loss.guild_id),
  };
  const lose = (what: string, isIt: (stream: Watched) => boolean) => {
    for (const stream of liveOnes().filter(isIt))
      stream.lose(new PlatformError("discord", "gone", `The ${what} of an answer no longer exists`));
  };
  const checkThose = (isIt: (stream: Watched) => boolean) => {
    for (const stream of liveOnes().filter(isIt)) void check(stream);
  };
  return {
    create(deps) {
      let hasLost = false;
      const stream: Watched = {
        question: deps.question,
        postedIn: () => inner.postedIn(),
        lose(error) {
          if (hasLost) return;
          hasLost = true;
          live.delete(ref);
          deps.onLost(error);
          if (CLOSED.includes(discordCodeOf(error) ?? 0)) void sayClosed(deps);
        },
      };
      const ref = new WeakRef(stream);
      const inner = createReplyStream({ ...deps, onLost: stream.lose });
      liveOnes(); // drops what is gone
      live.add(ref);
      return {
        show(text) {
          if (!hasLost) inner.show(text);
        },
        postedIn: () => stream.postedIn(), // holds it
        async finish(text, controls) {
          try {
            return !hasLost && (await inner.finish(text, controls));
          } finally {
            live.delete(ref);
          }
        },
      };
    },
    onEvent(name, data) {
      const loss = event.safeParse(data);
      if (loss.success) take[name](loss.data);
    },
  };
}
