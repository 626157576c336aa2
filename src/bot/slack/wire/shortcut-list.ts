/** What the menu of a message offers: each is a command in that message's conversation. */
export const SHORTCUTS = [
  { id: "evergreen_retry", name: "Retry", command: "/chat retry", about: "Answer the last question here again" },
  { id: "evergreen_stop", name: "Stop", command: "/chat stop", about: "Stop the answer that is being written here" },
  { id: "evergreen_export", name: "Export", command: "/chat export", about: "Get this conversation as a file" },
  { id: "evergreen_forget", name: "Forget", command: "/chat forget", about: "Erase what was said here from the bot" },
] as const;
