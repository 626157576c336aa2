import { t } from "../../../languages/translate.js";

/** What the app subscribes to; each is listened to. */
const EVENTS = [
  "agent_session_stopped",
  // With it Slack says of a direct message that it was written in the agent container.
  "app_context_changed",
  "app_home_opened",
  "app_mention",
  "app_uninstalled",
  "message.im",
  "message.mpim",
  "reaction_added",
  "tokens_revoked",
];
const THREAD_EVENTS = ["message.channels", "message.groups"];

/** `followThreads`: then Slack has to send what people write in channels. */
export const eventsOf = (followThreads: boolean): readonly string[] =>
  [...EVENTS, ...(followThreads ? THREAD_EVENTS : [])].sort();

/** A suggestion: its title is pressed, its message is sent. */
export interface Prompt {
  readonly title: string;
  readonly message: string;
}

/** Offered where a person begins to write; in the manifest as well. */
export const suggestedPrompts = (): readonly Prompt[] => [
  { title: t`What can you do?`, message: t`What can you help me with, and which commands are there?` },
  { title: t`Explain something`, message: t`Explain how a hash map works, with a small example.` },
  {
    title: t`Write a draft`,
    message: t`Draft a short, friendly message that moves a meeting to next week.`,
  },
  { title: t`Review code`, message: t`Review this code and tell me what you would change:` },
];

/** What the menu of a message offers: each is a command in that message's conversation. */
export const SHORTCUTS = [
  { id: "evergreen_retry", name: "Retry", command: "/chat retry", about: "Answer the last question here again" },
  { id: "evergreen_stop", name: "Stop", command: "/chat stop", about: "Stop the answer that is being written here" },
  { id: "evergreen_export", name: "Export", command: "/chat export", about: "Get this conversation as a file" },
  { id: "evergreen_forget", name: "Forget", command: "/chat forget", about: "Erase what was said here from the bot" },
] as const;
