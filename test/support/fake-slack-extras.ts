import { z } from "zod";
import { checkBlocks } from "./fake-slack-blocks.js";
import { type Arguments, channelFault, type Method, refusal } from "./fake-slack-method.js";
import { BOT_USER, type FakeWorkspace } from "./fake-slack-workspace.js";

const viewSchema = z.strictObject({
  type: z.literal("home"),
  blocks: z.array(z.unknown()).max(100),
  private_metadata: z.string().max(3_000).optional(),
});
const promptsSchema = z
  .array(z.strictObject({ title: z.string().min(1), message: z.string().min(1) }))
  .min(1)
  .max(4);
const uploadedSchema = z.array(z.strictObject({ id: z.string(), title: z.string().optional() })).min(1);
const STATUSES = ["active", "processing", "suspended", "closed"];

const LIST_SCOPES: Readonly<Record<string, string>> = {
  public_channel: "channels:read",
  private_channel: "groups:read",
  mpim: "mpim:read",
  im: "im:read",
};

const threadFault = ({ channel_id: channel = "", thread_ts: thread = "" }: Arguments, workspace: FakeWorkspace) =>
  channelFault(workspace, channel) ??
  (workspace.find(channel, thread) === undefined ? refusal("invalid_thread_ts") : undefined);

/** What a workspace may lack: agents, user groups, the Home tab, files. */
export const EXTRA_METHODS: Readonly<Record<string, Method>> = {
  "usergroups.users.list": {
    scope: "usergroups:read",
    required: ["usergroup"],
    optional: ["include_disabled", "team_id"],
    run({ usergroup = "" }, workspace) {
      const users = workspace.groups.get(usergroup);
      return users === undefined ? refusal("no_such_subteam") : { ok: true, users: [...users] };
    },
  },
  "usergroups.list": {
    scope: "usergroups:read",
    required: [],
    optional: ["include_disabled", "include_users", "team_id"],
    run: (_given, workspace) => ({
      ok: true,
      usergroups: [...workspace.handles].map(([id, handle]) => ({ id, handle, name: handle })),
    }),
  },
  "conversations.info": {
    scope: "channels:read",
    required: ["channel"],
    optional: ["include_locale", "include_num_members"],
    run({ channel = "" }, workspace) {
      if (!workspace.channels.has(channel)) return refusal("channel_not_found");
      return { ok: true, channel: { id: channel, name: channel.slice(2).toLowerCase() } };
    },
  },
  "users.conversations": {
    scope: ({ types = "public_channel" }) => LIST_SCOPES[types] ?? "fake_wants_one_kind",
    required: [],
    optional: ["types", "exclude_archived", "limit", "cursor", "team_id", "user"],
    run({ types = "public_channel", limit = "100", exclude_archived }, workspace) {
      const kind = { im: "D", mpim: "G", public_channel: "C", private_channel: "P" }[types] ?? "";
      const channels = [...workspace.channels]
        .filter(([id, { hasBot, isArchived }]) => id.startsWith(kind) && hasBot && !(isArchived && exclude_archived))
        .slice(0, Number(limit))
        .map(([id], index) => ({ id, created: 1_700_000_000 + index }));
      return { ok: true, channels, response_metadata: { next_cursor: "" } };
    },
  },
  "views.publish": {
    scope: undefined,
    required: ["user_id", "view"],
    optional: ["hash"],
    run({ user_id: user = "", view = "" }, workspace) {
      if (!workspace.users.has(user)) return refusal("user_not_found");
      const given = viewSchema.safeParse(JSON.parse(view));
      if (!given.success) return refusal("invalid_arguments");
      const checked = checkBlocks(given.data.blocks);
      if ("fault" in checked) return refusal("invalid_blocks", { response_metadata: { messages: [checked.fault] } });
      const published = (workspace.homes.get(user)?.published ?? 0) + 1;
      workspace.homes.set(user, { user, blocks: checked.blocks, memo: given.data.private_metadata ?? "", published });
      return { ok: true, view: { id: `V${user}`, type: "home" } };
    },
  },
  "agents.sessions.setStatus": {
    scope: "assistant:write",
    required: ["channel_id", "status", "thread_ts"],
    optional: ["title", "initiator_user_id"],
    run(given, workspace) {
      const fault = threadFault(given, workspace);
      if (fault !== undefined) return fault;
      const { status = "", title, channel_id: channel, thread_ts: thread } = given;
      if (!STATUSES.includes(status) || (title?.length ?? 0) > 200) return refusal("invalid_arguments");
      const key = `${channel}:${thread}`;
      const before = workspace.sessions.get(key);
      workspace.sessions.set(key, { status, title: before?.title ?? title });
      return { ok: true, agent_status: status };
    },
  },
  "assistant.threads.setStatus": {
    scope: "assistant:write",
    required: ["channel_id", "status", "thread_ts"],
    optional: ["loading_messages"],
    run(given, workspace) {
      const fault = threadFault(given, workspace);
      if (fault !== undefined) return fault;
      const key = `${given.channel_id}:${given.thread_ts}`;
      workspace.sessions.set(key, { ...workspace.sessions.get(key), status: given.status ?? "" });
      return { ok: true };
    },
  },
  "assistant.threads.setTitle": {
    scope: "assistant:write",
    required: ["channel_id", "thread_ts", "title"],
    optional: [],
    run(given, workspace) {
      const fault = threadFault(given, workspace);
      if (fault !== undefined) return fault;
      const key = `${given.channel_id}:${given.thread_ts}`;
      workspace.sessions.set(key, { status: workspace.sessions.get(key)?.status ?? "", title: given.title });
      return { ok: true };
    },
  },
  "assistant.threads.setSuggestedPrompts": {
    scope: "assistant:write",
    required: ["channel_id", "prompts"],
    optional: ["thread_ts", "title"],
    run({ channel_id: channel = "", prompts = "" }, workspace) {
      const given = promptsSchema.safeParse(JSON.parse(prompts));
      if (!given.success) return refusal("invalid_arguments");
      workspace.prompts.push({ channel, titles: given.data.map(({ title }) => title) });
      return { ok: true };
    },
  },
  "conversations.open": {
    scope: "im:write",
    required: ["users"],
    optional: ["return_im"],
    run({ users = "" }, workspace) {
      if (!workspace.users.has(users)) return refusal("user_not_found");
      return { ok: true, channel: { id: `D${users.slice(1)}` } };
    },
  },
  "files.info": {
    scope: "files:read",
    required: ["file"],
    optional: [],
    run({ file = "" }, workspace) {
      const found = workspace.files.get(file);
      if (found === undefined) return refusal("file_not_found");
      return { ok: true, file: { id: found.id, name: found.name, url_private: found.url } };
    },
  },
  "files.getUploadURLExternal": {
    scope: "files:write",
    required: ["filename", "length"],
    optional: ["alt_text", "snippet_type"],
    run({ filename = "", length = "" }, workspace) {
      if (!(Number(length) > 0)) return refusal("invalid_arguments");
      const id = `F${workspace.files.size + 1}`;
      workspace.files.set(id, { id, name: filename, length: Number(length) });
      return { ok: true, upload_url: `ORIGIN/upload/${id}`, file_id: id };
    },
  },
  "files.completeUploadExternal": {
    scope: "files:write",
    required: ["files"],
    optional: ["channel_id", "thread_ts", "initial_comment"],
    run({ files = "", channel_id: channel = "" }, workspace) {
      const given = uploadedSchema.safeParse(JSON.parse(files));
      if (!given.success) return refusal("invalid_arguments");
      const fault = channelFault(workspace, channel);
      if (fault !== undefined) return fault;
      for (const { id } of given.data) {
        const file = workspace.files.get(id);
        if (file?.bytes === undefined) return refusal("file_not_found");
        file.channel = channel;
        workspace.add({ channel, thread: undefined, user: BOT_USER, text: file.name, blocks: [] });
      }
      return { ok: true, files: given.data.map(({ id }) => ({ id })) };
    },
  },
};
