import { InteractionResponseType, InteractionType, MessageFlags, RESTJSONErrorCodes } from "discord-api-types/v10";
import { UserError } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import { cutText } from "../../../base/text.js";
import type { Choice, Command } from "../../../commands/command.js";
import { commandAt, findCommand } from "../../../commands/grammar/find-command.js";
import { format } from "../../../commands/grammar/parse.js";
import { phrase, t } from "../../../languages/translate.js";
import { type ControlIds, STALE_CONTROL_TEXT } from "../../port/control-ids.js";
import { panelOf, press } from "../../port/panel.js";
import type { CommandCall, PlatformHandlers } from "../../port/platform.js";
import { PlatformError } from "../../port/platform-error.js";
import type { Places } from "../gateway/places.js";
import { SELECT_PREFIX } from "../send/render.js";
import type { DiscordRest } from "../send/rest.js";
import { discordCodeOf } from "../wire/answer.js";
import {
  type CommandData,
  type CommandEvent,
  type InteractionEvent,
  interactionEvent,
  type OptionEvent,
} from "../wire/events.js";
import { inviteLink, mayManageServer } from "../wire/permissions.js";
import { placeOf, speakerOf } from "../wire/places.js";
import { createInteractionReply, type InteractionReplyDeps } from "./interaction-reply.js";

export interface InteractionDeps extends Omit<InteractionReplyDeps, "idFor"> {
  readonly log: Log;
  readonly commands: readonly Command[];
  readonly controlIds: ControlIds;
  readonly places: Pick<Places, "server">;
}

const UNKNOWN_COMMAND = phrase`This command no longer exists here. Discord shows the current list in a moment.`;

/** Returns what takes in slash commands, pressed controls and autocomplete. Never rejects. */
export function createInteractionReceiver(deps: InteractionDeps, handlers: PlatformHandlers) {
  const { log } = deps;
  /** The line that it stands for; undefined where nothing does. @throws {StoreError} */
  const lineOf = async (event: CommandEvent): Promise<string | undefined> => {
    if (event.type === InteractionType.ApplicationCommand) return typedLine(deps.commands, nativeCall(event.data));
    const { custom_id, values = [] } = event.data;
    return deps.controlIds.commandOf(custom_id.startsWith(SELECT_PREFIX) ? (values[0] ?? "") : custom_id);
  };

  const run = (event: CommandEvent, person: User) =>
    handlers.inLanguageOf(placeOf(event.channel_id, event.guild_id, event.channel), () => runCommand(event, person));

  const runCommand = async (event: CommandEvent, person: User) => {
    const isPress = event.type === InteractionType.MessageComponent;
    const isEphemeral = isPress || visibilityOf(deps.commands, event.data) === "ephemeral";
    if (!(await acknowledge(deps.rest, event, isEphemeral))) return;
    if (!(await handlers.isFirst(`interaction:${event.id}`))) return;
    const text = await lineOf(event).catch((error) => {
      log.warn({ error }, "discord: pressed control could not be looked up");
      return undefined;
    });
    const isInPlace = !isPress || (text !== undefined && panelOf(text) !== undefined);
    const terms = { isEphemeral, isInPlace };
    const reply = createInteractionReply({ ...deps, idFor: deps.controlIds.idFor }, event, terms);
    if (text === undefined) return reply.show({ markdown: t(isPress ? STALE_CONTROL_TEXT : UNKNOWN_COMMAND) });
    if (isAway(deps, event, text)) return reply.show({ markdown: awayText(event.application_id), isFailure: true });
    const call = callOf(event, person, text);
    const replies = isPress ? press(handlers, call) : handlers.onCommand(call);
    for await (const next of replies) await reply.show(next);
  };

  return async (data: unknown): Promise<void> => {
    const event = interactionEvent.safeParse(data).data;
    const person = event?.member?.user ?? event?.user;
    if (event === undefined || person === undefined) return log.debug("discord: interaction was not understood");
    try {
      if (event.type === InteractionType.ApplicationCommandAutocomplete) {
        const call = callOf(event, person, `/${nativeCall(event.data).path}`);
        await suggest(deps.rest, event, (option, typed) => handlers.onSuggest(call, option, typed));
      } else await run(event, person);
    } catch (error) {
      const isLate = error instanceof PlatformError && error.reason === "gone";
      log[isLate ? "debug" : "warn"]({ error }, "discord: failed to finish replying to an interaction");
    }
  };
}

/**
 * Whether a command would change something in a server that the bot is not a member of: people who installed it for
 * themselves can use its commands there, and their own rights in that server come with them.
 */
function isAway({ commands, places }: InteractionDeps, { guild_id }: CommandEvent, text: string): boolean {
  if (guild_id === undefined || places.server(guild_id) !== undefined) return false;
  try {
    const { access, isForChatters } = findCommand(commands, text).command;
    return access === "operator" || isForChatters === true;
  } catch (error) {
    if (error instanceof UserError) return false; // the reply says which commands there are
    throw error;
  }
}

const awayText = (applicationId: string) =>
  t`I am not a member of this server, so nothing can be set here. Nothing was changed. Somebody who manages it
    can [add me](${inviteLink(applicationId)}).`;

type User = NonNullable<InteractionEvent["user"]>;

const visibilityOf = (commands: readonly Command[], data: CommandData) =>
  commandAt(commands, nativeCall(data).path)?.visibility ?? "ephemeral";

function callOf(event: InteractionEvent, author: User, text: string): CommandCall {
  const { channel_id, guild_id, channel, member } = event;
  const pressed = event.type === InteractionType.MessageComponent ? event.message : undefined;
  const isOperator = mayManageServer(BigInt(member?.permissions ?? "0"));
  return {
    channel: placeOf(channel_id, guild_id, channel),
    text,
    ...speakerOf({ author, member, guildId: guild_id, isOperator }),
    ...(event.type === InteractionType.MessageComponent && { door: doorOf(event.data) }),
    ...(pressed !== undefined && (pressed.flags & MessageFlags.Ephemeral) === 0 && { on: pressed.id }),
  };
}

const doorOf = ({ custom_id }: { readonly custom_id: string }) =>
  custom_id.startsWith(SELECT_PREFIX) ? "menu" : "button";

export interface NativeCall {
  readonly path: string;
  readonly options: readonly OptionEvent[];
}

/** What a slash command names: its subcommand is its first option. */
export function nativeCall({ name, options = [] }: CommandData): NativeCall {
  const [first] = options;
  const isSubcommand = first !== undefined && first.value === undefined && first.focused === undefined;
  return isSubcommand ? { path: `${name} ${first.name}`, options: first.options ?? [] } : { path: name, options };
}

/** The line that a person would have typed; undefined for a command that the registry does not have (any more). */
export function typedLine(commands: readonly Command[], { path, options }: NativeCall): string | undefined {
  const command = commandAt(commands, path);
  if (command === undefined) return undefined;
  const values = options.flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, typeof value === "boolean" ? value : String(value)] as const],
  );
  return format(command, Object.fromEntries(values));
}

/** Discord wants the first answer within 3 s: two attempts fit. */
const ACKNOWLEDGE_TIMEOUT_MS = 1_300;
const ATTEMPTS = 2;

/**
 * Takes an interaction on before anything else is done; false where another process did, or it is too late. Discord
 * itself lets only the first of several in; where an answer of Discord was lost on its way, `isFirst` decides.
 */
async function acknowledge(
  rest: DiscordRest,
  { id, token, type }: CommandEvent,
  isEphemeral: boolean,
): Promise<boolean> {
  // A deferred update shows nothing and lets the pressed message be edited; a deferred reply shows "… is thinking".
  const body =
    type === InteractionType.MessageComponent
      ? { type: InteractionResponseType.DeferredMessageUpdate }
      : {
          type: InteractionResponseType.DeferredChannelMessageWithSource,
          data: { flags: isEphemeral ? MessageFlags.Ephemeral : 0 },
        };
  const terms = { what: "acknowledging a command", body, isWithoutToken: true, timeoutMs: ACKNOWLEDGE_TIMEOUT_MS };
  for (let attempt = 1; ; attempt++) {
    try {
      await rest.call("POST", `/interactions/${id}/${token}/callback`, terms);
      return true;
    } catch (error) {
      if (discordCodeOf(error) === RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged) {
        return attempt > 1; // perhaps by the attempt whose answer was lost
      }
      const mayRetry = error instanceof PlatformError && error.isRetryable && attempt < ATTEMPTS;
      if (!mayRetry) throw error;
    }
  }
}

const MAX_CHOICES = 25;
/** Most characters of a choice's name, and of its value. */
const MAX_CHOICE_CHARS = 100;
/** After 3 s Discord has given up. */
const SUGGEST_TIMEOUT_MS = 2_500;

/** Suggests values for what a person has typed so far, from memory and at once. @throws {PlatformError} */
async function suggest(
  rest: DiscordRest,
  { id, token, data }: Extract<InteractionEvent, { type: InteractionType.ApplicationCommandAutocomplete }>,
  choicesFor: (option: string, typed: string) => readonly Choice[],
): Promise<void> {
  const focused = nativeCall(data).options.find((option) => option.focused);
  const found = focused === undefined ? [] : choicesFor(focused.name, String(focused.value ?? ""));
  const choices = found
    .filter(({ value }) => value.length > 0 && value.length <= MAX_CHOICE_CHARS)
    .slice(0, MAX_CHOICES)
    .map(({ label, value }) => ({ name: cutText(label === "" ? value : label, MAX_CHOICE_CHARS), value }));
  await rest.call("POST", `/interactions/${id}/${token}/callback`, {
    what: "answering autocomplete",
    body: { type: InteractionResponseType.ApplicationCommandAutocompleteResult, data: { choices } },
    isWithoutToken: true,
    timeoutMs: SUGGEST_TIMEOUT_MS,
  });
}
