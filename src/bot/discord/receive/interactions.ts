import type { Log } from "../../../base/log.js";
import type { Command } from "../../../commands/command.js";
import type { Store } from "../../../store/store.js";
import { type ControlIds, STALE_CONTROL_TEXT } from "../../port/control-ids.js";
import { panelOf, press } from "../../port/panel.js";
import type { CommandCall, PlatformHandlers } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import { SELECT_PREFIX } from "../send/components.js";
import { EPHEMERAL } from "../send/render.js";
import { type CommandEvent, type InteractionEvent, interactionEvent } from "../wire/events.js";
import { mayManageServer } from "../wire/permissions.js";
import { placeOf } from "../wire/places.js";
import { acknowledge } from "./acknowledge.js";
import { createInteractionReply, type InteractionReplyDeps } from "./interaction-reply.js";
import { nativeCall, typedLine } from "./native-call.js";
import { speakerOf } from "./speaker.js";
import { suggest } from "./suggest.js";

export interface InteractionDeps extends Omit<InteractionReplyDeps, "idFor"> {
  readonly store: Store;
  readonly log: Log;
  readonly commands: readonly Command[];
  readonly controlIds: ControlIds;
}

const UNKNOWN_COMMAND = "This command is not known here any more. Discord shows the new list within a moment.";

/** Slash commands, pressed controls and autocomplete. Never rejects. */
export function createInteractionReceiver(deps: InteractionDeps, handlers: PlatformHandlers) {
  const { log } = deps;
  /** The line that it stands for; undefined where nothing does. @throws {StoreError} */
  const lineOf = async (event: CommandEvent): Promise<string | undefined> => {
    if (event.type === 2) return typedLine(deps.commands, nativeCall(event.data));
    const { custom_id, values = [] } = event.data;
    return deps.controlIds.commandOf(custom_id.startsWith(SELECT_PREFIX) ? (values[0] ?? "") : custom_id);
  };

  const run = async (event: CommandEvent, person: Person) => {
    const isEphemeral = event.type === 3 || visibilityOf(deps.commands, event) === "ephemeral";
    if (!(await acknowledge(deps, event, isEphemeral))) return;
    const text = await lineOf(event).catch((error) => {
      log.warn({ error }, "a pressed control could not be looked up");
      return undefined;
    });
    const isInPlace = event.type === 2 || (text !== undefined && panelOf(text) !== undefined);
    const terms = { isEphemeral, isInPlace };
    const reply = createInteractionReply({ ...deps, idFor: deps.controlIds.idFor }, event, terms);
    if (text === undefined) return reply.show({ markdown: event.type === 3 ? STALE_CONTROL_TEXT : UNKNOWN_COMMAND });
    const call = callOf(event, person, text);
    const replies = event.type === 3 ? press(handlers, call) : handlers.onCommand(call);
    for await (const next of replies) await reply.show(next);
  };

  return async (data: unknown): Promise<void> => {
    const event = interactionEvent.safeParse(data);
    const person = event.success ? personOf(event.data) : undefined;
    if (!event.success || person === undefined) return log.debug("an interaction of Discord was not understood");
    try {
      if (event.data.type === 4) {
        const call = callOf(event.data, person, `/${nativeCall(event.data.data).path}`);
        await suggest(deps.rest, event.data, (option, typed) => handlers.onSuggest(call, option, typed));
      } else await run(event.data, person);
    } catch (error) {
      const isLate = error instanceof PlatformError && error.reason === "gone";
      log[isLate ? "debug" : "warn"]({ error }, "an interaction of Discord was not answered to its end");
    }
  };
}

type Person = NonNullable<InteractionEvent["user"]>;

const personOf = ({ user, member }: InteractionEvent): Person | undefined => member?.user ?? user;

function visibilityOf(commands: readonly Command[], event: Extract<InteractionEvent, { type: 2 }>) {
  const { path } = nativeCall(event.data);
  return commands.find((command) => command.path === path)?.visibility ?? "ephemeral";
}

function callOf(event: InteractionEvent, person: Person, text: string): CommandCall {
  const pressed = event.type === 3 ? event.message : undefined;
  return {
    channel: placeOf(event.channel_id, event.guild_id, event.channel),
    text,
    ...speakerOf({
      author: person,
      member: event.member,
      guildId: event.guild_id,
      isOperator: mayManageServer(BigInt(event.member?.permissions ?? "0")),
    }),
    ...(pressed !== undefined && (pressed.flags & EPHEMERAL) === 0 && { on: pressed.id }),
  };
}
