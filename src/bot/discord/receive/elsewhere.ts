import { z } from "zod";
import type { ChannelKey } from "../../port/platform.js";
import type { Calls } from "../send/calls.js";
import type { IdFor } from "../send/components.js";
import type { DiscordRest } from "../send/rest.js";
import { type createSender, parsed } from "../send/send.js";
import { createShownMessages, type ShownMessages } from "../send/shown-messages.js";
import type { CommandEvent } from "../wire/events.js";
import { DIRECT_WORKSPACE, PLATFORM_NAME, placeOf } from "../wire/places.js";

export interface ElsewhereDeps {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly idFor: IdFor;
  readonly sender: Pick<ReturnType<typeof createSender>, "doorOf">;
}

const opened = z.object({ id: z.string() });
const what = "opening a direct message";

/** Where a reply goes on whose interaction has run out: in the channel, or where only its reader sees it. */
export function createElsewhere({ rest, calls, idFor, sender }: ElsewhereDeps) {
  const directPlace = async (person: string): Promise<ChannelKey> => {
    await calls.take("POST", "/users/@me/channels", "first-text");
    const answer = await rest.call("POST", "/users/@me/channels", { what, body: { recipient_id: person } });
    return { platform: PLATFORM_NAME, workspace: DIRECT_WORKSPACE, channel: parsed(opened, answer, what).id };
  };
  return async (event: CommandEvent, isEphemeral: boolean): Promise<ShownMessages> => {
    const person = (event.member?.user ?? event.user)?.id;
    const isPrivate = isEphemeral && event.guild_id !== undefined && person !== undefined;
    const place = isPrivate ? await directPlace(person) : placeOf(event.channel_id, event.guild_id, event.channel);
    return createShownMessages(sender.doorOf(place), { idFor });
  };
}
