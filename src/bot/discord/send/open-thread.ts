import { z } from "zod";
import type { ChannelKey, MessageKey } from "../../port/platform.js";
import type { PlatformExtras } from "../../port/platform-definition.js";
import { PlatformError } from "../../port/platform-error.js";
import { discordCodeOf, THREAD_EXISTS } from "../wire/errors.js";
import { channelIdOf, DIRECT_WORKSPACE } from "../wire/places.js";
import type { Calls } from "./calls.js";
import type { DiscordRest } from "./rest.js";
import { parsed } from "./send.js";

/** https://discord.com/developers/docs/resources/channel#channel-object-channel-types */
const PUBLIC_THREAD = 11;
const MAX_NAME_CHARS = 100;

const openedSchema = z.object({ id: z.string() });
const what = "opening a thread";

/** Begins public threads: under a message, or in a channel by itself. */
export function createThreads(deps: { readonly rest: DiscordRest; readonly calls: Pick<Calls, "take"> }) {
  const open: NonNullable<PlatformExtras["openThread"]> = async (at, title) => {
    if (at.workspace === DIRECT_WORKSPACE || at.thread !== undefined)
      throw new PlatformError(
        "discord",
        "refused",
        "Discord has no threads in direct messages, and none inside threads",
      );
    const { platform, workspace, channel } = at;
    const message = messageIn(at);
    const base = `/channels/${channel}` as const;
    const path =
      message === undefined ? (`${base}/threads` as const) : (`${base}/messages/${message}/threads` as const);
    const name = nameFor(title);
    await deps.calls.take("POST", path, "first-text");
    try {
      const body = message === undefined ? { name, type: PUBLIC_THREAD } : { name };
      const answer = await deps.rest.call("POST", path, { what, body });
      return opened({ platform, workspace, channel, thread: parsed(openedSchema, answer, what).id });
    } catch (error) {
      // A thread that was started from a message bears its id.
      if (message === undefined || discordCodeOf(error) !== THREAD_EXISTS) throw error;
      return opened({ platform, workspace, channel, thread: message });
    }
  };
  return open;
}

const opened = (place: ChannelKey) => ({ place, link: `<#${channelIdOf(place)}>` });

const messageIn = (at: ChannelKey | MessageKey): string | undefined => ("message" in at ? at.message : undefined);

/** Discord counts UTF-16 code units, and takes no half characters. */
function nameFor(title: string): string {
  const line = title.replace(/\s+/g, " ").trim();
  if (line === "") return "Conversation";
  return line.length <= MAX_NAME_CHARS ? line : `${line.slice(0, MAX_NAME_CHARS - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
