import { InteractionType, MessageFlags } from "discord-api-types/v10";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import type { Reply } from "../../../commands/command.js";
import { DIRECT_WORKSPACE } from "../../port/conversation.js";
import type { ChannelKey } from "../../port/platform.js";
import type { Calls } from "../send/calls.js";
import type { IdFor } from "../send/render.js";
import { type DiscordRest, withRetry } from "../send/rest.js";
import type { Sender } from "../send/send.js";
import { createShownMessages, type MessageDoor, type ShownMessages } from "../send/shown-messages.js";
import { hasExpired, parsed } from "../wire/answer.js";
import type { CommandEvent } from "../wire/events.js";
import { DISCORD, placeOf } from "../wire/places.js";

export interface InteractionReplyDeps {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly idFor: IdFor;
  readonly clock: Clock;
  readonly sender: Pick<Sender, "doorOf">;
}

export interface InteractionReplyTerms {
  readonly isEphemeral: boolean;
  /** Replaces the deferred reply, or the panel that was pressed. Otherwise it is a message of its own. */
  readonly isInPlace: boolean;
}

const created = z.object({ id: z.string() });
const what = "answering a command";
/** Whoever has asked is looking on. */
const PATIENCE_MS = 15_000;
const ORIGINAL = "@original";

/** Answers one acknowledged interaction, in place or beside it, over as many messages as it takes. */
export function createInteractionReply(
  deps: InteractionReplyDeps,
  event: CommandEvent,
  terms: InteractionReplyTerms,
): ShownMessages {
  const { isInPlace, isEphemeral } = terms;
  const pressed = pressedOf(event);
  const isLaidOut = isInPlace && hasLayout(pressed);
  const door = webhookDoor(deps, event, { isEphemeral, dropsContent: pressed !== undefined && !isLaidOut });
  let messages = createShownMessages(door, { idFor: deps.idFor, ...(isInPlace && { first: ORIGINAL }), isLaidOut });
  let hasMoved = false;

  const show = async (reply: Reply) => {
    try {
      await messages.show(reply);
    } catch (error) {
      if (hasMoved || !hasExpired(error)) throw error;
      hasMoved = true;
      messages = await expiredReply(deps, event, isEphemeral);
      await messages.show(reply);
    }
  };
  return {
    async show(reply) {
      const isNothingToRead = reply.isQuiet === true && event.type === InteractionType.MessageComponent && !isInPlace;
      if (!isNothingToRead) await show(reply);
      const isPublic = pressed !== undefined && (pressed.flags & MessageFlags.Ephemeral) === 0 && !hasLayout(pressed);
      if (reply.dropsControls && isPublic && !isInPlace) await door.dropControls();
    },
  };
}

type Pressed = { readonly flags: number } | undefined;

const pressedOf = (event: CommandEvent): Pressed =>
  event.type === InteractionType.MessageComponent ? event.message : undefined;

const hasLayout = (pressed: Pressed) => ((pressed?.flags ?? 0) & MessageFlags.IsComponentsV2) !== 0;

/** Answers through the interaction's webhook, while its token lives. */
function webhookDoor(
  { calls, rest, clock }: InteractionReplyDeps,
  { application_id, token }: CommandEvent,
  { isEphemeral, dropsContent }: { readonly isEphemeral: boolean; readonly dropsContent: boolean },
): MessageDoor & { dropControls(): Promise<void> } {
  const webhook = `/webhooks/${application_id}/${token}` as const;
  const pathOf = (id: string) => `${webhook}/messages/${id}` as const;
  const call: DiscordRest["call"] = (method, path, given) =>
    withRetry(
      async () => {
        await calls.take(method, path, "first-text");
        return rest.call(method, path, { ...given, isWithoutToken: true });
      },
      { clock, patienceMs: PATIENCE_MS, isOnlyOnce: method === "POST" },
    );
  return {
    async post({ body, files }) {
      const flags = body.flags | (isEphemeral ? MessageFlags.Ephemeral : 0);
      const answer = await call("POST", webhook, { what, body: { ...body, flags }, ...(files && { files }) });
      return parsed(created, answer, what).id;
    },
    async edit(id, { body, files }) {
      // A panel of an earlier version still has a text, which Discord refuses beside a layout.
      const isNewLayout = dropsContent && id === ORIGINAL && hasLayout(body);
      const content = isNewLayout ? { content: null } : {};
      await call("PATCH", pathOf(id), { what, body: { ...body, ...content }, ...(files && { files }) });
    },
    async remove(id) {
      await call("DELETE", pathOf(id), { what });
    },
    async dropControls() {
      await call("PATCH", pathOf(ORIGINAL), { what: "taking controls away", body: { components: [] } });
    },
  };
}

/**
 * Where a reply goes on when the interaction's 15 minutes are over: in the channel, or in a direct message where only
 * its reader may see it.
 * @throws {PlatformError}
 */
async function expiredReply(
  { calls, rest, sender, idFor }: InteractionReplyDeps,
  event: CommandEvent,
  isEphemeral: boolean,
): Promise<ShownMessages> {
  const person = (event.member?.user ?? event.user)?.id;
  let place: ChannelKey = placeOf(event.channel_id, event.guild_id, event.channel);
  if (isEphemeral && event.guild_id !== undefined && person !== undefined) {
    const what = "opening a direct message";
    await calls.take("POST", "/users/@me/channels", "first-text");
    const answer = await rest.call("POST", "/users/@me/channels", { what, body: { recipient_id: person } });
    place = { platform: DISCORD, workspace: DIRECT_WORKSPACE, channel: parsed(created, answer, what).id };
  }
  return createShownMessages(sender.doorOf(place), { idFor });
}
