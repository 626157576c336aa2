import { asRead, checkBlocks } from "./fake-slack-blocks.js";
import { type Answer, type Arguments, channelFault, type Method, refusal } from "./fake-slack-method.js";
import { BOT_USER, type FakeMessage, type FakeWorkspace } from "./fake-slack-workspace.js";

const MAX_CHARS = 12_000;
/** Slack ends a stream by itself after about so long. */
const LIFE_MS = 300_000;

/** A markdown text as messages keep their text: escaped. */
const keptText = (markdown: string) =>
  asRead(markdown.replaceAll("&amp;", "&amp;amp;"))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");

const markdownOf = ({ blocks }: FakeMessage) =>
  blocks.flatMap((block) => (block.type === "markdown" ? [block.text] : [])).join("");

function add(message: FakeMessage, text: string): Answer | undefined {
  if (text.trim() === "") return refusal("no_text");
  const whole = markdownOf(message) + text;
  if (text.length > MAX_CHARS || whole.length > MAX_CHARS) return refusal("msg_too_long");
  message.blocks = [{ type: "markdown", text: whole }];
  message.text = keptText(whole);
  return undefined;
}

function streamOf({ channel = "", ts = "" }: Arguments, workspace: FakeWorkspace): FakeMessage | Answer {
  const fault = channelFault(workspace, channel);
  if (fault !== undefined) return fault;
  const message = workspace.find(channel, ts);
  if (message === undefined) return refusal("message_not_found");
  if (message.user !== BOT_USER) return refusal("message_not_owned_by_app");
  const since = message.streamingSince ?? Number.NEGATIVE_INFINITY;
  if (workspace.now() - since >= LIFE_MS) {
    message.streamingSince = undefined;
    return refusal("message_not_in_streaming_state");
  }
  return message;
}

/** Slack's streaming: a message that grows by what is appended, and can be edited only when it is over. */
export const STREAM_METHODS: Readonly<Record<string, Method>> = {
  "chat.startStream": {
    scope: "chat:write",
    required: ["channel", "thread_ts"],
    optional: ["markdown_text", "recipient_team_id", "recipient_user_id", "unfurl_links", "unfurl_media"],
    run(given, workspace) {
      const { channel = "", thread_ts: thread = "", markdown_text: text } = given;
      const fault = channelFault(workspace, channel);
      if (fault !== undefined) return fault;
      if (workspace.find(channel, thread) === undefined) return refusal("thread_not_found");
      if (!channel.startsWith("D")) {
        if (given.recipient_team_id === undefined) return refusal("missing_recipient_team_id");
        if (!workspace.users.has(given.recipient_user_id ?? "")) return refusal("missing_recipient_user_id");
      }
      const message = workspace.add({ channel, thread, user: BOT_USER, text: "", blocks: [] });
      const refused = text === undefined ? undefined : add(message, text);
      if (refused !== undefined) {
        workspace.remove(message);
        return refused;
      }
      message.streamingSince = workspace.now();
      return { ok: true, channel, ts: message.ts };
    },
  },
  "chat.appendStream": {
    scope: "chat:write",
    required: ["channel", "ts", "markdown_text"],
    optional: [],
    run(given, workspace) {
      const message = streamOf(given, workspace);
      if ("ok" in message) return message;
      const refused = add(message, given.markdown_text ?? "");
      if (refused !== undefined) return refused;
      message.edits += 1;
      return { ok: true, channel: message.channel, ts: message.ts };
    },
  },
  "chat.stopStream": {
    scope: "chat:write",
    required: ["channel", "ts"],
    optional: ["markdown_text", "blocks", "session_status"],
    run(given, workspace) {
      const message = streamOf(given, workspace);
      if ("ok" in message) return message;
      const checked = checkBlocks(JSON.parse(given.blocks ?? "[]"));
      if ("fault" in checked) return refusal("invalid_blocks");
      const refused = given.markdown_text === undefined ? undefined : add(message, given.markdown_text);
      if (refused !== undefined) return refused;
      message.blocks = [...message.blocks, ...checked.blocks];
      message.streamingSince = undefined;
      const session = workspace.sessions.get(`${message.channel}:${message.thread}`);
      if (session !== undefined) session.status = given.session_status ?? "active";
      return { ok: true };
    },
  },
};
