import { type Phrase, phrase } from "../../../languages/translate.js";
/** What each scope of the app is for; each is used by a call or an event, and what is missing is missed so. */
export const SCOPE_USES: Readonly<Record<string, Phrase>> = {
  "app_mentions:read": phrase`to see mentions`,
  "assistant:write": phrase`the status, titles and prompts of the agent container`,
  "channels:history": phrase`to read threads that it is called into, its own unfinished answers, and what was
    asked while it was away`,
  "channels:read": phrase`the names of channels that a message mentions, and first questions there that came
    while it was away`,
  "chat:write": phrase`to answer`,
  commands: phrase`slash commands and message shortcuts`,
  "files:read": phrase`to read files that people put beside a question`,
  "files:write": phrase`to send an exported conversation`,
  "groups:history": phrase`like channels:history, for private channels`,
  "groups:read": phrase`like channels:read, for private channels`,
  "im:history": phrase`to see direct messages, also those that came while it was away`,
  "im:read": phrase`to find a first direct message that came while it was away`,
  "im:write": phrase`to send an exported conversation by direct message`,
  "mpim:history": phrase`to see group direct messages`,
  "mpim:read": phrase`like im:read, for group direct messages`,
  "reactions:read": phrase`to see who presses the status message's reactions`,
  "reactions:write": phrase`the marks on questions`,
  "usergroups:read": phrase`access by user groups, and their names in messages`,
  "users:read": phrase`names, and who may change settings`,
};

export const SCOPES: readonly string[] = Object.keys(SCOPE_USES);
