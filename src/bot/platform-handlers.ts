import type { Invocation } from "../commands/command.js";
import type { Dispatcher } from "../commands/dispatch.js";
import type { Refresher } from "../refresh/refresher.js";
import type { Chat } from "./chat.js";
import { conversationOf, workspaceOf } from "./conversation.js";
import type { ChatPlatform, CommandCall, PlatformHandlers } from "./platform.js";

export interface HandlerDeps {
  readonly chat: Chat;
  readonly dispatcher: Dispatcher;
  readonly refresher: Refresher;
}

/** What a platform calls: questions go to the chat, commands by any door through the one dispatcher. */
export function handlersOf(platform: ChatPlatform, { chat, dispatcher, refresher }: HandlerDeps): PlatformHandlers {
  return {
    onMention: (mention) => chat.onMention(platform, mention),
    onCommand(call) {
      refresher.noteActivity(workspaceOf(call.channel));
      return dispatcher.run(call.text, invocationOf(call));
    },
    onReaction: async () => {},
    onSuggest: (call, option, typed) => dispatcher.suggest(call.text, option, typed, invocationOf(call)),
  };
}

const invocationOf = ({ channel, author, isDirect, isOperator }: CommandCall): Invocation => ({
  platform: channel.platform,
  workspace: workspaceOf(channel),
  conversation: conversationOf(channel),
  user: author,
  isOperator,
  isDirect,
});
