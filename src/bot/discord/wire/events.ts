import { InteractionType } from "discord-api-types/v10";
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

export const member = z.object({ nick: z.string().nullish(), roles: z.array(id).catch([]) });

/** `READY`, as much of it as is read. */
export const readyEvent = z.object({ user: z.object({ id }), application: z.object({ id }) });

const text = z.string().catch("");
const attachment = z.object({
  filename: z.string().catch("file"),
  size: z.number().catch(0),
  url: z.string(),
  content_type: absent(z.string()).catch(undefined),
  /** What its author says that it shows. */
  description: absent(z.string()).catch(undefined),
  duration_secs: absent(z.number()).catch(undefined),
});
export type AttachmentEvent = z.infer<typeof attachment>;

const media = z.object({ url: z.string(), proxy_url: absent(z.string()).catch(undefined) });
const picture = absent(media).catch(undefined);

const embed = z.object({
  type: text,
  title: text,
  description: text,
  url: text,
  author: z.object({ name: text }).optional().catch(undefined),
  fields: listOf(z.object({ name: text, value: text })),
  footer: z.object({ text }).optional().catch(undefined),
  image: picture,
  thumbnail: picture,
});
export type EmbedEvent = z.infer<typeof embed>;

const poll = z.object({
  question: z.object({ text }),
  answers: listOf(
    z.object({
      answer_id: z.number().optional(),
      poll_media: z.object({ text, emoji: absent(z.object({ name: z.string().nullish() })).catch(undefined) }),
    }),
  ),
  results: absent(z.object({ answer_counts: listOf(z.object({ id: z.number(), count: z.number() })) })).catch(
    undefined,
  ),
});

/** https://discord.com/developers/docs/components/reference: texts, pictures, files, links, and what lays them out. */
export interface ComponentEvent {
  readonly content?: string | undefined;
  /** What a picture shows, in words. */
  readonly description?: string | undefined;
  readonly media?: z.infer<typeof media> | undefined;
  readonly file?: z.infer<typeof media> | undefined;
  /** Only on a file. */
  readonly name?: string | undefined;
  /** Only on a button. */
  readonly label?: string | undefined;
  /** Where a button leads. */
  readonly url?: string | undefined;
  readonly items?: readonly ComponentEvent[] | undefined;
  readonly components?: readonly ComponentEvent[] | undefined;
  readonly accessory?: ComponentEvent | undefined;
}
const component: z.ZodType<ComponentEvent> = z.lazy(() =>
  z.object({
    content: absent(z.string()).catch(undefined),
    description: absent(z.string()).catch(undefined),
    media: picture,
    file: picture,
    name: absent(z.string()).catch(undefined),
    label: absent(z.string()).catch(undefined),
    url: absent(z.string()).catch(undefined),
    items: listOf(component).optional(),
    components: listOf(component).optional(),
    accessory: component.optional().catch(undefined),
  }),
);

const mentioned = user.extend({ member: absent(z.object({ nick: z.string().nullish() })).catch(undefined) });

/** All that can be read of a message. */
const contents = {
  content: text,
  flags: z.number().catch(0),
  mentions: listOf(mentioned),
  attachments: listOf(attachment),
  embeds: listOf(embed),
  components: listOf(component),
  sticker_items: listOf(z.object({ name: text })),
  poll: absent(poll).catch(undefined),
};
const snapshot = z.object(contents);
export type ContentEvent = z.infer<typeof snapshot>;

const reference = z.object({
  type: z.number().catch(0),
  channel_id: absent(id).catch(undefined),
  guild_id: absent(id).catch(undefined),
  message_id: absent(id).catch(undefined),
});

/** A message that another one refers to; Discord may leave out all but its author. */
const referenced = z.object({
  ...contents,
  id: id.optional().catch(undefined),
  type: z.number().catch(0),
  author: user,
  timestamp: absent(z.string()).catch(undefined),
  message_reference: absent(reference).catch(undefined),
  message_snapshots: listOf(z.object({ message: snapshot })),
});
export type ReferencedEvent = z.infer<typeof referenced>;

/** A message as the list of a channel's has it. */
export const listedMessage = z.object({
  ...referenced.shape,
  id,
  type: z.number(),
  referenced_message: referenced.nullish().catch(undefined),
});
export type ListedMessage = z.infer<typeof listedMessage>;

/** `MESSAGE_CREATE` and `MESSAGE_UPDATE`, as much of them as is read. */
export const messageEvent = z.object({
  ...listedMessage.shape,
  channel_id: id,
  guild_id: absent(id),
  content: z.string(),
  member: absent(member),
  webhook_id: absent(id),
  /** Undefined where Discord does not say. */
  mentions: listOf(mentioned).optional(),
  mention_roles: listOf(id),
  edited_timestamp: absent(z.string()).catch(undefined),
});
export type MessageEvent = z.infer<typeof messageEvent>;

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
