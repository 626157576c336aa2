import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import type { Reply } from "../../../commands/command.js";
import type { Calls } from "../send/calls.js";
import type { IdFor } from "../send/components.js";
import { patiently } from "../send/patiently.js";
import { COMPONENTS_V2, EPHEMERAL } from "../send/render.js";
import type { DiscordRest } from "../send/rest.js";
import { parsed } from "../send/send.js";
import { createShownMessages, type MessageDoor, type ShownMessages } from "../send/shown-messages.js";
import { hasExpired } from "../wire/errors.js";
import type { CommandEvent } from "../wire/events.js";

export interface InteractionReplyDeps {
  readonly rest: DiscordRest;
  readonly calls: Pick<Calls, "take">;
  readonly idFor: IdFor;
  readonly clock: Clock;
  /** Where it goes on when the interaction's 15 minutes are over. @throws {PlatformError} */
  elsewhere(event: CommandEvent, isEphemeral: boolean): Promise<ShownMessages>;
}

export interface InteractionReplyTerms {
  readonly isEphemeral: boolean;
  /** Replaces the deferred reply, or the panel that was pressed; else it is a message of its own. */
  readonly isInPlace: boolean;
}

const created = z.object({ id: z.string() });
const what = "answering a command";
/** Whoever has asked looks on. */
const PATIENCE_MS = 15_000;

/** What answers one interaction that was acknowledged: in place or beside it, over as many messages as it takes. */
export function createInteractionReply(
  deps: InteractionReplyDeps,
  event: CommandEvent,
  { isEphemeral, isInPlace }: InteractionReplyTerms,
): ShownMessages {
  const webhook = `/webhooks/${event.application_id}/${event.token}` as const;
  const original = `${webhook}/messages/@original` as const;
  const pressed = event.type === 3 ? event.message : undefined;
  const flags = isEphemeral ? EPHEMERAL : 0;
  const isLaidOut = isInPlace && ((pressed?.flags ?? 0) & COMPONENTS_V2) !== 0;

  const call: DiscordRest["call"] = (method, path, given) =>
    patiently(
      async () => {
        await deps.calls.take(method, path, "first-text");
        return deps.rest.call(method, path, { ...given, isWithoutToken: true });
      },
      { clock: deps.clock, patienceMs: PATIENCE_MS, isOnlyOnce: method === "POST" },
    );
  /** A panel of before its components were all that it showed still has a text, which they don't bear beside them. */
  const contentAway = (id: string, body: { readonly flags: number }) =>
    id === "@original" && pressed !== undefined && !isLaidOut && (body.flags & COMPONENTS_V2) !== 0
      ? { content: null }
      : {};
  const door: MessageDoor = {
    async post({ body, files }) {
      const given = { what, body: { ...body, flags: body.flags | flags }, ...(files && { files }) };
      return parsed(created, await call("POST", webhook, given), what).id;
    },
    async edit(id, { body, files }) {
      await call("PATCH", `${webhook}/messages/${id}`, {
        what,
        body: { ...body, ...contentAway(id, body) },
        ...(files && { files }),
      });
    },
    async remove(id) {
      await call("DELETE", `${webhook}/messages/${id}`, { what });
    },
  };
  let messages = createShownMessages(door, { idFor: deps.idFor, ...(isInPlace && { first: "@original" }), isLaidOut });
  let isElsewhere = false;

  const dropControls = async () => {
    const isPublic = pressed !== undefined && (pressed.flags & (EPHEMERAL | COMPONENTS_V2)) === 0;
    if (isPublic && !isInPlace)
      await call("PATCH", original, { what: "taking controls away", body: { components: [] } });
  };
  const show = async (reply: Reply) => {
    try {
      await messages.show(reply);
    } catch (error) {
      if (isElsewhere || !hasExpired(error)) throw error;
      isElsewhere = true;
      messages = await deps.elsewhere(event, isEphemeral);
      await messages.show(reply);
    }
  };
  return {
    async show(reply) {
      const isNothingToRead = reply.isQuiet === true && event.type === 3 && !isInPlace;
      if (!isNothingToRead) await show(reply);
      if (reply.dropsControls) await dropControls();
    },
  };
}
