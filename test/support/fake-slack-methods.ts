import { asKept, checkBlocks, type FakeBlock } from "./fake-slack-blocks.js";
import { EXTRA_METHODS } from "./fake-slack-extras.js";
import { type Answer, type Arguments, channelFault, historyScope, type Method, refusal } from "./fake-slack-method.js";
import { STREAM_METHODS } from "./fake-slack-streams.js";
import {
  APP_ID,
  BOT_ID,
  BOT_USER,
  ENTERPRISE,
  type FakeMessage,
  type FakeWorkspace,
  TEAM,
} from "./fake-slack-workspace.js";

/** chat.postMessage cuts a longer text silently, chat.update refuses it: here both are refused. */
const MAX_POST_CHARS = 40_000;
const MAX_UPDATE_CHARS = 4_000;

const MESSAGE_FIELDS = ["text", "blocks", "unfurl_links", "unfurl_media", "thread_ts"];

const botProfile = {
  id: BOT_ID,
  deleted: false,
  name: "evergreen",
  updated: 1,
  app_id: APP_ID,
  icons: {},
  team_id: TEAM,
};
/** What a channel's list says of the thread below a message. */
function threadOf({ channel, ts }: FakeMessage, workspace: FakeWorkspace) {
  const replies = workspace.messages.filter((one) => one.channel === channel && one.thread === ts);
  if (replies.length === 0) return {};
  const reply_users = [...new Set(replies.map(({ user }) => user))];
  return { thread_ts: ts, reply_count: replies.length, reply_users, latest_reply: replies.at(-1)?.ts };
}
const asMessage = ({ ts, thread, user, text, blocks, edits, more, reactions }: FakeMessage) => ({
  type: "message",
  ts,
  user,
  text,
  team: TEAM,
  ...(user === BOT_USER && { bot_id: BOT_ID, app_id: APP_ID, bot_profile: botProfile }),
  ...(thread !== undefined && { thread_ts: thread }),
  ...(edits > 0 && { edited: { user: BOT_USER, ts } }),
  ...(reactions.size > 0 && {
    reactions: [...reactions].map(([name, who]) => ({ name, users: [...who], count: who.size })),
  }),
  blocks: asKept(blocks),
  ...more,
});

function contentOf(given: Arguments, maxChars: number): { text: string; blocks: readonly FakeBlock[] } | Answer {
  const { text = "" } = given;
  if (text.trim() === "") return refusal("no_text");
  if (text.length > maxChars) return refusal("msg_too_long");
  const checked = checkBlocks(JSON.parse(given.blocks ?? "[]"));
  if ("fault" in checked)
    return refusal("invalid_blocks", { response_metadata: { messages: [`[ERROR] ${checked.fault}`] } });
  return { text, blocks: checked.blocks };
}

const METHODS: Readonly<Record<string, Method>> = {
  ...STREAM_METHODS,
  ...EXTRA_METHODS,
  "auth.test": {
    scope: undefined,
    required: [],
    optional: [],
    run: () => ({
      ok: true,
      url: "https://evergreen.slack.com/",
      team: "Evergreen",
      user: "evergreen",
      team_id: TEAM,
      user_id: BOT_USER,
      bot_id: BOT_ID,
      is_enterprise_install: false,
      enterprise_id: ENTERPRISE,
    }),
  },
  "team.info": {
    scope: "team:read",
    required: [],
    optional: ["team"],
    run: () => ({ ok: true, team: { id: TEAM, name: "Evergreen", domain: "evergreen" } }),
  },
  "chat.postMessage": {
    scope: "chat:write",
    required: ["channel", "text"],
    optional: MESSAGE_FIELDS,
    run(given, workspace) {
      const { channel = "", thread_ts: thread } = given;
      const fault = channelFault(workspace, channel);
      if (fault !== undefined) return fault;
      if (thread !== undefined && workspace.find(channel, thread) === undefined) return refusal("thread_not_found");
      const content = contentOf(given, MAX_POST_CHARS);
      if ("ok" in content) return content as Answer;
      if (given.unfurl_links !== "false" || given.unfurl_media !== "false") return refusal("fake_wants_no_unfurls");
      const message = workspace.add({ channel, thread, user: BOT_USER, ...content });
      return { ok: true, channel, ts: message.ts, message: asMessage(message) };
    },
  },
  "chat.update": {
    scope: "chat:write",
    required: ["channel", "ts", "text"],
    optional: ["blocks"],
    run(given, workspace) {
      const { channel = "", ts = "" } = given;
      const fault = channelFault(workspace, channel);
      if (fault !== undefined) return fault;
      const message = workspace.find(channel, ts);
      if (message === undefined) return refusal("message_not_found");
      if (message.user !== BOT_USER) return refusal("cant_update_message");
      if (message.streamingSince !== undefined) return refusal("streaming_state_conflict");
      const content = contentOf(given, MAX_UPDATE_CHARS);
      if ("ok" in content) return content as Answer;
      Object.assign(message, content);
      message.edits += 1;
      const { ts: _ts, ...changed } = asMessage(message);
      return { ok: true, channel, ts, text: message.text, message: changed };
    },
  },
  "chat.delete": {
    scope: "chat:write",
    required: ["channel", "ts"],
    optional: [],
    run({ channel = "", ts = "" }, workspace) {
      const message = workspace.find(channel, ts);
      if (message === undefined) return refusal("message_not_found");
      workspace.remove(message);
      return { ok: true, channel, ts };
    },
  },
  "chat.postEphemeral": {
    scope: "chat:write",
    required: ["channel", "user", "text"],
    optional: ["blocks", "thread_ts"],
    run(given, workspace) {
      const { channel = "", user = "", thread_ts: thread } = given;
      const fault = channelFault(workspace, channel);
      if (fault !== undefined) return fault;
      if (!workspace.users.has(user)) return refusal("user_not_in_channel");
      const content = contentOf(given, MAX_POST_CHARS);
      if ("ok" in content) return content as Answer;
      workspace.ephemerals.push({ channel, thread, user, ...content, responseUrl: undefined });
      return { ok: true, message_ts: workspace.nextTs() };
    },
  },
  "reactions.add": {
    scope: "reactions:write",
    required: ["channel", "timestamp", "name"],
    optional: [],
    run({ channel = "", timestamp = "", name = "" }, workspace) {
      const message = workspace.find(channel, timestamp);
      if (message === undefined) return channelFault(workspace, channel) ?? refusal("message_not_found");
      if (!/^[a-z0-9_+-]+$/.test(name)) return refusal("invalid_name");
      const who = message.reactions.get(name) ?? new Set();
      if (who.has(BOT_USER)) return refusal("already_reacted");
      message.reactions.set(name, who.add(BOT_USER));
      return { ok: true };
    },
  },
  "reactions.remove": {
    scope: "reactions:write",
    required: ["channel", "timestamp", "name"],
    optional: [],
    run({ channel = "", timestamp = "", name = "" }, workspace) {
      const message = workspace.find(channel, timestamp);
      if (message === undefined) return channelFault(workspace, channel) ?? refusal("message_not_found");
      const who = message.reactions.get(name);
      if (!who?.delete(BOT_USER)) return refusal("no_reaction");
      if (who.size === 0) message.reactions.delete(name);
      return { ok: true };
    },
  },
  "users.info": {
    scope: "users:read",
    required: ["user"],
    optional: ["include_locale"],
    run({ user = "" }, workspace) {
      const found = workspace.users.get(user);
      if (found === undefined) return refusal("user_not_found");
      const { is_admin = false, is_owner = false, is_restricted = false, is_stranger = false, id, name } = found;
      const profile = { real_name: name, display_name: name, team: TEAM };
      const rights = { is_admin, is_owner, is_primary_owner: false, is_restricted, is_ultra_restricted: false };
      return {
        ok: true,
        user: {
          id,
          team_id: found.team_id ?? TEAM,
          ...(found.enterprise_user && { enterprise_user: found.enterprise_user }),
          name,
          deleted: false,
          real_name: name,
          profile,
          ...rights,
          is_stranger,
          is_bot: false,
        },
      };
    },
  },
  "conversations.history": {
    scope: historyScope,
    required: ["channel"],
    optional: ["oldest", "latest", "limit", "inclusive", "cursor"],
    run({ channel = "", oldest = "0", limit = "100", cursor = "0" }, workspace) {
      const fault = channelFault(workspace, channel);
      if (fault !== undefined) return fault;
      const all = workspace.messages.filter(
        (one) => one.channel === channel && one.ts > oldest && one.thread === undefined,
      );
      const end = Number(cursor) + Number(limit);
      const messages = all
        .reverse()
        .slice(Number(cursor), end)
        .map((one) => ({ ...asMessage(one), ...threadOf(one, workspace) }));
      const hasMore = end < all.length;
      const next = hasMore ? { response_metadata: { next_cursor: String(end) } } : {};
      return { ok: true, messages, has_more: hasMore, ...next };
    },
  },
  "conversations.replies": {
    scope: historyScope,
    required: ["channel", "ts"],
    optional: ["cursor", "inclusive", "latest", "oldest", "limit"],
    run(
      { channel = "", ts = "", oldest = "0", latest = "9999999999.0", limit = "1000", inclusive, cursor = "0" },
      workspace,
    ) {
      const isWithin = (at: string) =>
        inclusive === "true" ? at >= oldest && at <= latest : at > oldest && at < latest;
      const fault = channelFault(workspace, channel);
      if (fault?.error === "not_in_channel") return fault;
      if (workspace.find(channel, ts) === undefined) return refusal("thread_not_found");
      const all = workspace.messages.filter(
        (one) =>
          one.channel === channel &&
          (one.ts === ts || one.thread === ts) &&
          // Slack always gives the first message of the thread as well.
          (one.ts === ts || isWithin(one.ts)),
      );
      const end = Number(cursor) + Number(limit);
      const hasMore = end < all.length;
      const next = hasMore ? { response_metadata: { next_cursor: String(end) } } : {};
      return { ok: true, messages: all.slice(Number(cursor), end).map(asMessage), has_more: hasMore, ...next };
    },
  },
};

/** Runs one call as Slack would, once its token is known to be good. */
export function runMethod(name: string, given: Arguments, scopes: readonly string[], workspace: FakeWorkspace): Answer {
  const method = METHODS[name];
  if (method === undefined) return refusal("unknown_method", { req_method: name });
  const scope = typeof method.scope === "function" ? method.scope(given) : method.scope;
  if (scope !== undefined && !scopes.includes(scope)) {
    return refusal("missing_scope", { needed: scope, provided: scopes.join(",") });
  }
  const missing = method.required.find((field) => given[field] === undefined);
  if (missing !== undefined)
    return refusal("invalid_arguments", {
      response_metadata: { messages: [`[ERROR] missing required field: ${missing}`] },
    });
  const known = [...method.required, ...method.optional];
  const unknown = Object.keys(given).find((field) => !known.includes(field));
  if (unknown !== undefined)
    return refusal("invalid_arguments", { response_metadata: { messages: [`[ERROR] unknown field: ${unknown}`] } });
  return method.run(given, workspace);
}
