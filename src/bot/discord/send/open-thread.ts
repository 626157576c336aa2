import { ChannelType, RESTJSONErrorCodes } from "discord-api-types/v10";
import { z } from "zod";
import { cutText } from "../../../base/text.js";
import { DIRECT_WORKSPACE } from "../../port/conversation.js";
import type { ChannelKey, MessageKey } from "../../port/platform.js";
import type { PlatformExtras } from "../../port/platform-definition.js";
import { PlatformError } from "../../port/platform-error.js";
import { discordCodeOf, parsed } from "../wire/answer.js";
import { channelIdOf } from "../wire/places.js";
import type { Calls } from "./calls.js";
import type { DiscordRest } from "./rest.js";

const MAX_NAME_CHARS = 100;

const openedSchema = z.object({ id: z.string() });
const what = "opening a thread";

/** Begins public threads: under a message, or in a channel by itself. */
export function createThreads(deps: { readonly rest: DiscordRest; readonly calls: Pick<Calls, "take"> }) {
  const open: NonNullable<PlatformExtras["openThread"]> = async (at, title) => {
    if (at.workspace === DIRECT_WORKSPACE || at.thread !== undefined)
      throw new PlatformError(
        "discord",
        "refused",
        "Discord has no threads in direct messages, and none inside threads",
      );
    const { platform, workspace, channel } = at;
    const message = messageIn(at);
    const base = `/channels/${channel}` as const;
    const path =
      message === undefined ? (`${base}/threads` as const) : (`${base}/messages/${message}/threads` as const);
    const name = cutText(title.replace(/\s+/g, " ").trim() || "Conversation", MAX_NAME_CHARS);
    await deps.calls.take("POST", path, "first-text");
    try {
      const body = message === undefined ? { name, type: ChannelType.PublicThread } : { name };
      const answer = await deps.rest.call("POST", path, { what, body });
      return opened({ platform, workspace, channel, thread: parsed(openedSchema, answer, what).id });
    } catch (error) {
      // A thread that was started from a message bears its id.
      if (message === undefined || discordCodeOf(error) !== RESTJSONErrorCodes.ThreadAlreadyCreatedForMessage)
        throw error;
      return opened({ platform, workspace, channel, thread: message });
    }
  };
  return open;
}

const opened = (place: ChannelKey) => ({ place, link: `<#${channelIdOf(place)}>` });

const messageIn = (at: ChannelKey | MessageKey): string | undefined => ("message" in at ? at.message : undefined);
