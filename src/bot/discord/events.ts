import { z } from "zod";

const id = z.string().regex(/^\d{1,20}$/);

const user = z.object({
  id,
  username: z.string(),
  global_name: z.string().nullish(),
  bot: z.boolean().optional(),
});

const member = z.object({ nick: z.string().nullish(), roles: z.array(id) });

/** `MESSAGE_CREATE`, as much of it as is read. */
export const messageEvent = z.object({
  id,
  type: z.number(),
  channel_id: id,
  guild_id: id.optional(),
  content: z.string(),
  author: user,
  member: member.optional(),
  webhook_id: id.optional(),
  mentions: z.array(user),
  referenced_message: z.object({ author: z.object({ id }) }).nullish(),
});
export type MessageEvent = z.infer<typeof messageEvent>;

/** `MESSAGE_REACTION_ADD`; `message_author_id` is missing only for messages of webhooks. */
export const reactionEvent = z.object({
  user_id: id,
  channel_id: id,
  message_id: id,
  guild_id: id.optional(),
  message_author_id: id.optional(),
  member: member.extend({ user: user.optional() }).optional(),
  emoji: z.object({ id: id.nullish(), name: z.string().nullish() }),
});

const option = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  focused: z.boolean().optional(),
});
export type GivenOption = z.infer<typeof option>;

const origin = {
  id,
  token: z.string().min(1),
  application_id: id,
  channel_id: id,
  guild_id: id.optional(),
  channel: z.object({ type: z.number(), parent_id: id.nullish() }).optional(),
  user: user.optional(),
  member: z.object({ nick: z.string().nullish(), permissions: z.string().regex(/^\d+$/), user }).optional(),
};

const commandData = z.object({
  name: z.string(),
  options: z.array(option.extend({ options: z.array(option).optional() })).optional(),
});
export type CommandData = z.infer<typeof commandData>;

/** Interaction types: https://discord.com/developers/docs/interactions/receiving-and-responding */
export const interactionEvent = z.discriminatedUnion("type", [
  z.object({ ...origin, type: z.literal(2), data: commandData }),
  z.object({
    ...origin,
    type: z.literal(3),
    data: z.object({ custom_id: z.string(), values: z.array(z.string()).optional() }),
  }),
  z.object({ ...origin, type: z.literal(4), data: commandData }),
]);
export type InteractionEvent = z.infer<typeof interactionEvent>;
