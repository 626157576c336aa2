/** What each scope of the app is for; each is used by a call or an event, and what is missing is missed so. */
export const SCOPE_USES: Readonly<Record<string, string>> = {
  "app_mentions:read": "to see mentions",
  "assistant:write": "the status, titles and prompts of the agent container",
  "channels:history":
    "to read threads that it is called into, its own unfinished answers, and what was asked while it was away",
  "channels:read":
    "the names of channels that a message mentions, and first questions there that came while it was away",
  "chat:write": "to answer",
  commands: "slash commands and message shortcuts",
  "files:read": "to read files that people put beside a question",
  "files:write": "to send an exported conversation",
  "groups:history": "like channels:history, for private channels",
  "groups:read": "like channels:read, for private channels",
  "im:history": "to see direct messages, also those that came while it was away",
  "im:read": "to find a first direct message that came while it was away",
  "im:write": "to send an exported conversation by direct message",
  "mpim:history": "to see group direct messages",
  "mpim:read": "like im:read, for group direct messages",
  "reactions:read": "to see who presses the status message's reactions",
  "reactions:write": "the marks on questions",
  "usergroups:read": "access by user groups, and their names in messages",
  "users:read": "names, and who may change settings",
};

export const SCOPES: readonly string[] = Object.keys(SCOPE_USES);
