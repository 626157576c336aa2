import { InteractionType } from "discord.js";
import { z } from "zod";

/** What an event may leave out; what decides nothing must not cost the event. */
const absent = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

/** A list whose malformed entries are left out. */
export const listOf = <T>(entry: z.ZodType<T>) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((all) =>
      all.flatMap((one): readonly T[] => {
        const { success, data } = entry.safeParse(one);
        return success ? [data] : [];
      }),
    );

const id = z.string().regex(/^\d{1,20}$/);

const user = z.object({
  id,
  username: z.string().catch("somebody"),
  global_name: z.string().nullish(),
  bot: absent(z.boolean()),
});

const member = z.object({ nick: z.string().nullish(), roles: z.array(id).catch([]) });

/** `READY`, as much of it as is read. */
export const readyEvent = z.object({ user: z.object({ id }), application: z.object({ id }) });

const attachment = z.object({
  filename: z.string().catch("file"),
  size: z.number().catch(0),
  url: z.string(),
  content_type: absent(z.string()).catch(undefined),
});
export type AttachmentEvent = z.infer<typeof attachment>;

/** A message that another one refers to; Discord may leave out all but its author. */
const referenced = z.object({ author: user, content: z.string().catch(""), mentions: z.array(user).catch([]) });

/** `MESSAGE_CREATE`, as much of it as is read. */
export const messageEvent = z.object({
  id,
  type: z.number(),
  channel_id: id,
  guild_id: absent(id),
  content: z.string(),
  author: user,
  member: absent(member),
  webhook_id: absent(id),
  mentions: z.array(user).catch([]),
  attachments: listOf(attachment),
  referenced_message: referenced.nullish(),
});
export type MessageEvent = z.infer<typeof messageEvent>;

/** A message as the list of a channel's has it. */
export const listedMessage = z.object({
  id,
  type: z.number(),
  content: z.string().catch(""),
  author: user,
  mentions: z.array(user).catch([]),
  referenced_message: referenced.nullish().catch(undefined),
});

/** `MESSAGE_REACTION_ADD`; `message_author_id` may be left out. */
export const reactionEvent = z.object({
  user_id: id,
  channel_id: id,
  message_id: id,
  guild_id: absent(id),
  message_author_id: absent(id),
  member: absent(member.extend({ user: absent(user) })),
  emoji: z.object({ id: id.nullish(), name: z.string().nullish() }),
});

const option = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  focused: z.boolean().optional(),
});
export type OptionEvent = z.infer<typeof option>;

const origin = {
  id,
  token: z.string().min(1),
  application_id: id,
  channel_id: id,
  guild_id: absent(id),
  channel: absent(z.object({ type: z.number(), parent_id: id.nullish() })),
  user: absent(user),
  member: absent(member.extend({ permissions: z.string().regex(/^\d+$/).catch("0"), user })),
};

const commandData = z.object({
  name: z.string(),
  options: z.array(option.extend({ options: z.array(option).optional() })).optional(),
});
export type CommandData = z.infer<typeof commandData>;

/** https://discord.com/developers/docs/interactions/receiving-and-responding */
export const interactionEvent = z.discriminatedUnion("type", [
  z.object({ ...origin, type: z.literal(InteractionType.ApplicationCommand), data: commandData }),
  z.object({
    ...origin,
    type: z.literal(InteractionType.MessageComponent),
    data: z.object({ custom_id: z.string(), values: z.array(z.string()).optional() }),
    message: absent(z.object({ id, flags: z.number().catch(0) })).catch(undefined),
  }),
  z.object({ ...origin, type: z.literal(InteractionType.ApplicationCommandAutocomplete), data: commandData }),
]);
export type InteractionEvent = z.infer<typeof interactionEvent>;
/** A slash command, or the press of a control. */
export type CommandEvent = Exclude<InteractionEvent, { type: InteractionType.ApplicationCommandAutocomplete }>;
