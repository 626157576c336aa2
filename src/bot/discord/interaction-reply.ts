import { z } from "zod";
import type { Reply } from "../../commands/command.js";
import type { ControlIds } from "../control-ids.js";
import { PlatformError } from "../platform-error.js";
import { splitMessage } from "../split-message.js";
import type { InteractionEvent } from "./events.js";
import { attachmentsOf, bodyOf, EPHEMERAL, MAX_MESSAGE_CHARS } from "./render.js";
import { type DiscordRest, NO_RETRY_AFTER_MS } from "./rest.js";
import { parsed } from "./send.js";

export interface InteractionReply {
  /** Replaces what it showed before. @throws {PlatformError} `gone` when its 15 minutes are over */
  show(reply: Reply): Promise<void>;
}

const created = z.object({ id: z.string() });

/** What answers one interaction: the deferred reply, and further messages where one is too short. */
export function createInteractionReply(
  deps: { readonly rest: DiscordRest; readonly controlIds: ControlIds; pause(ms: number): Promise<void> },
  { application_id, token }: InteractionEvent,
  isEphemeral: boolean,
): InteractionReply {
  const webhook = `/webhooks/${application_id}/${token}` as const;
  const further: string[] = [];

  const call = async (...[method, path, given]: Parameters<DiscordRest["call"]>): Promise<unknown> => {
    const request = () => deps.rest.call(method, path, { ...given, isWithoutToken: true });
    try {
      return await request();
    } catch (error) {
      const waitMs = error instanceof PlatformError ? error.retryAfterMs : undefined;
      if (waitMs === undefined || waitMs > NO_RETRY_AFTER_MS) throw error;
      await deps.pause(waitMs);
      return request();
    }
  };
  const body = (markdown: string, reply: Reply, isLast: boolean) =>
    bodyOf(markdown, isLast ? (reply.controls ?? []) : [], deps.controlIds.idFor);

  return {
    async show(reply) {
      const parts = splitMessage(reply.markdown, MAX_MESSAGE_CHARS);
      for (const [index, part] of parts.entries()) {
        const isLast = index === parts.length - 1;
        const attachment = isLast ? attachmentsOf(reply.files) : undefined;
        const base = await body(part, reply, isLast);
        const given = {
          what: "answering a command",
          body: { ...base, ...attachment?.body },
          ...(attachment && { files: attachment.files }),
        };
        const known = further[index - 1];
        if (index === 0) await call("PATCH", `${webhook}/messages/@original`, given);
        else if (known !== undefined) await call("PATCH", `${webhook}/messages/${known}`, given);
        else {
          const flags = base.flags | (isEphemeral ? EPHEMERAL : 0);
          const answer = await call("POST", webhook, { ...given, body: { ...given.body, flags } });
          further.push(parsed(created, answer, given.what).id);
        }
      }
      for (const id of further.splice(parts.length - 1))
        await call("DELETE", `${webhook}/messages/${id}`, { what: "answering a command" });
    },
  };
}
