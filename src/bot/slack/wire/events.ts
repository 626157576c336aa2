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
