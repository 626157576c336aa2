import { z } from "zod";
import type { Log } from "../../../base/log.js";
import type { ChannelKey } from "../../port/platform.js";
import type { Gateway } from "../gateway/gateway.js";
import type { Calls } from "../send/calls.js";
import type { DiscordRest } from "../send/rest.js";
import { type ChannelFacts, placeOf } from "../wire/places.js";

export interface Places {
  /** The conversation that a channel's id belongs to. Never rejects. */
  find(channelId: string, guildId: string | undefined): Promise<ChannelKey>;
}

const channelSchema = z.object({ type: z.number(), parent_id: z.string().nullish() });
const MOST_REMEMBERED = 500;
const TIMEOUT_MS = 2_000;

/** Tells threads from channels: from what the gateway has told, else (a thread that woke up) by asking once. */
export function createPlaces(deps: {
  readonly gateway: Pick<Gateway, "channel">;
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly log: Log;
}): Places {
  const asked = new Map<string, ChannelFacts>();
  const asking = new Map<string, Promise<ChannelFacts | undefined>>();

  const ask = async (id: string): Promise<ChannelFacts | undefined> => {
    try {
      await deps.calls.take("GET", `/channels/${id}`, "first-text");
      const terms = { what: "reading a channel", timeoutMs: TIMEOUT_MS };
      const facts = channelSchema.parse(await deps.rest.call("GET", `/channels/${id}`, terms));
      if (asked.size >= MOST_REMEMBERED) asked.clear();
      asked.set(id, facts);
      return facts;
    } catch (error) {
      deps.log.warn({ error }, "a channel is not known, and is taken for no thread");
      return undefined;
    }
  };
  /** One question for all who wait for it, so that messages stay in order. */
  const askOnce = (id: string): Promise<ChannelFacts | undefined> => {
    const running = asking.get(id) ?? ask(id).finally(() => asking.delete(id));
    asking.set(id, running);
    return running;
  };
  return {
    async find(channelId, guildId) {
      if (guildId === undefined) return placeOf(channelId, undefined, undefined);
      const facts = deps.gateway.channel(channelId) ?? asked.get(channelId) ?? (await askOnce(channelId));
      return placeOf(channelId, guildId, facts);
    },
  };
}
