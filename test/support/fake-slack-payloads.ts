import { APP_ID, BOT_USER, TEAM } from "./fake-slack-workspace.js";

let lastId = 0;
const newId = (prefix: string) => `${prefix}${String(++lastId).padStart(8, "0")}`;

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
}

export const messageEvent = (type: "app_mention" | "message", { channel, user, text, ts, thread }: MessageFacts) => ({
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
  ...(type === "message" && { channel_type: channel.startsWith("D") ? "im" : "channel" }),
});

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

export interface PressFacts {
  readonly channel: string;
  readonly user: string;
  readonly userName: string;
  readonly ts: string;
  readonly thread?: string | undefined;
  readonly isEphemeral: boolean;
  readonly responseUrl: string;
  readonly action: Record<string, unknown>;
}

export const pressBody = (facts: PressFacts) => ({
  type: "block_actions",
  user: { id: facts.user, username: facts.userName, name: facts.userName, team_id: TEAM },
  api_app_id: APP_ID,
  token: "verification",
  container: {
    type: "message",
    message_ts: facts.ts,
    channel_id: facts.channel,
    is_ephemeral: facts.isEphemeral,
    ...(facts.thread !== undefined && { thread_ts: facts.thread }),
  },
  trigger_id: newId("trigger."),
  team: { id: TEAM, domain: "evergreen" },
  enterprise: null,
  is_enterprise_install: false,
  channel: { id: facts.channel, name: "general" },
  response_url: facts.responseUrl,
  actions: [{ block_id: "b1", action_ts: facts.ts, ...facts.action }],
});

export const newEnvelopeId = () => newId("envelope-");
