import { APP_ID, BOT_USER, TEAM } from "./fake-slack-workspace.js";

let lastId = 0;
export const newId = (prefix: string) => `${prefix}${String(++lastId).padStart(8, "0")}`;

/** Around every event. */
export const eventBody = (event: Record<string, unknown>, eventTime: number) => ({
  token: "verification",
  team_id: TEAM,
  api_app_id: APP_ID,
  event,
  type: "event_callback",
  event_id: newId("Ev"),
  event_time: eventTime,
  authorizations: [
    { enterprise_id: null, team_id: TEAM, user_id: BOT_USER, is_bot: true, is_enterprise_install: false },
  ],
  is_ext_shared_channel: false,
  event_context: newId("EC"),
});

export interface MessageFacts {
  readonly channel: string;
  readonly user: string;
  readonly text: string;
  readonly ts: string;
  readonly thread?: string | undefined;
  /** Further fields of the event, as files. */
  readonly more?: Record<string, unknown> | undefined;
}

export const messageEvent = (
  type: "app_mention" | "message",
  { channel, user, text, ts, thread, more }: MessageFacts,
) => ({
  type,
  client_msg_id: newId("msg-"),
  user,
  text,
  ts,
  team: TEAM,
  channel,
  event_ts: ts,
  blocks: [],
  ...(thread !== undefined && { thread_ts: thread, parent_user_id: user }),
  ...more,
  ...(type === "message" && { channel_type: channelTypeOf(channel) }),
});

const channelTypeOf = (channel: string) =>
  channel.startsWith("D") ? "im" : channel.startsWith("G") ? "mpim" : "channel";

export const reactionEvent = (facts: {
  readonly user: string;
  readonly name: string;
  readonly channel: string;
  readonly ts: string;
  readonly itemUser: string;
}) => ({
  type: "reaction_added",
  user: facts.user,
  reaction: facts.name,
  item: { type: "message", channel: facts.channel, ts: facts.ts },
  item_user: facts.itemUser,
  event_ts: facts.ts,
});

export interface SlashFacts {
  readonly command: string;
  readonly text: string;
  readonly channel: string;
  readonly user: string;
  readonly userName: string;
  readonly responseUrl: string;
}

export const slashBody = ({ command, text, channel, user, userName, responseUrl }: SlashFacts) => ({
  token: "verification",
  api_app_id: APP_ID,
  team_id: TEAM,
  team_domain: "evergreen",
  channel_id: channel,
  channel_name: "general",
  user_id: user,
  user_name: userName,
  command,
  text,
  response_url: responseUrl,
  trigger_id: newId("trigger."),
  is_enterprise_install: "false",
});

/** Around everything that people press or choose. */
export const interactionBody = (type: string, user: { readonly id: string; readonly name: string }) => ({
  type,
  user: { id: user.id, username: user.name, name: user.name, team_id: TEAM },
  api_app_id: APP_ID,
  token: "verification",
  team: { id: TEAM, domain: "evergreen" },
  enterprise: null,
  is_enterprise_install: false,
});

export interface PressFacts {
  readonly channel: string;
  readonly user: string;
  readonly userName: string;
  readonly ts: string;
  readonly thread?: string | undefined;
  readonly isEphemeral: boolean;
  readonly responseUrl: string;
  readonly action: Record<string, unknown>;
  /** The message that it was pressed on, where others see it. */
  readonly message?: Record<string, unknown> | undefined;
}

export const pressBody = (facts: PressFacts) => ({
  ...interactionBody("block_actions", { id: facts.user, name: facts.userName }),
  container: {
    type: "message",
    message_ts: facts.ts,
    channel_id: facts.channel,
    is_ephemeral: facts.isEphemeral,
    ...(facts.thread !== undefined && { thread_ts: facts.thread }),
  },
  trigger_id: newId("trigger."),
  channel: { id: facts.channel, name: "general" },
  ...(facts.message !== undefined && { message: facts.message }),
  response_url: facts.responseUrl,
  actions: [{ block_id: "b1", action_ts: facts.ts, ...facts.action }],
});

/** A press on somebody's Home tab: no channel, no response_url. */
export const homePressBody = (facts: {
  readonly user: string;
  readonly userName: string;
  readonly memo: string;
  readonly action: Record<string, unknown>;
}) => ({
  ...interactionBody("block_actions", { id: facts.user, name: facts.userName }),
  container: { type: "view", view_id: `V${facts.user}` },
  trigger_id: newId("trigger."),
  view: { id: `V${facts.user}`, team_id: TEAM, type: "home", private_metadata: facts.memo, callback_id: "" },
  actions: [{ block_id: "b1", action_ts: newId(""), ...facts.action }],
});

export const newEnvelopeId = () => newId("envelope-");
