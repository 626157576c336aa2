import { UserError } from "../errors.js";
import type { ChatAccess, WorkspaceSettings } from "../refresh/settings.js";
import { readChannels, readWho } from "./access-option.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code } from "./wording.js";

/** As many fit into a setting that people still read. */
const MAX_IDS = 50;

const MAX_LIST_CHARS = 1_500;

export const settingsAccess = ({ settings }: CommandDeps) =>
  defineCommand({
    path: "settings access",
    about: "Who may chat with the bot here, and where; alone it shows what is in force",
    access: "operator",
    visibility: "ephemeral",
    options: {
      guests: { kind: "flag", about: "whether guests may: on or off" },
      who: {
        kind: "word",
        about: "everyone, or people, roles and user groups: mention them or give their ids, with commas between",
        accepts: (value) => readWho(value) !== undefined,
        takes: () => "`everyone`, or mentions or ids of people, roles or user groups, with commas between",
        maxChars: MAX_LIST_CHARS,
      },
      channels: { kind: "text", about: "everywhere, or channels: #mentions or ids", maxChars: MAX_LIST_CHARS },
    },
    async *run({ guests, who, channels }, { workspace }) {
      if (guests === undefined && who === undefined && channels === undefined) {
        yield { markdown: accessLines(settings.of(workspace)).join("\n") };
        return;
      }
      const change: ChatAccess = {
        ...(guests !== undefined && { guests }),
        ...(who !== undefined && { who: bounded(readWho(who) ?? []) }),
        ...(channels !== undefined && { channels: bounded(channelsIn(channels)) }),
      };
      const after = await settings.change(workspace, (before) => ({
        ...before,
        access: { ...before.access, ...change },
      }));
      yield { markdown: ["Saved, and in force at once.", ...accessLines(after)].join("\n") };
    },
  });

function channelsIn(text: string): readonly string[] {
  const ids = readChannels(text);
  if (ids !== undefined) return ids;
  throw new UserError(
    `${code("channels")} takes ${code("everywhere")}, or channels as mentions or ids, with spaces or commas between; not ${code(text)}. Nothing was changed.`,
  );
}

function bounded(ids: readonly string[]): readonly string[] {
  if (ids.length <= MAX_IDS) return ids;
  throw new UserError(`At most ${MAX_IDS} fit, and these are ${ids.length}. Nothing was changed.`);
}

/** What is in force, in words. */
export function accessLines({ access = {} }: WorkspaceSettings): readonly string[] {
  const { who = [], channels = [], guests = true } = access;
  return [
    `Who may chat: ${who.length === 0 ? "everyone" : `${who.map((id) => code(id)).join(", ")}, and operators`}`,
    `Where: ${channels.length === 0 ? "everywhere" : channels.map((id) => code(id)).join(", ")}`,
    `Guests: ${guests ? "may chat" : "may not chat"}`,
  ];
}
