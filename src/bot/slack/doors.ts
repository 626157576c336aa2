import type { Clock } from "../../clock.js";
import type { Reply } from "../../commands/command.js";
import type { Log } from "../../log.js";
import type { Store } from "../../store/store.js";
import type { ControlIds } from "../control-ids.js";
import type { CommandCall, PlatformHandlers } from "../platform.js";
import type { Calls } from "./calls.js";
import { controlBlocks } from "./controls.js";
import type { Identity } from "./identity.js";
import type { People } from "./people.js";
import { render, type SlackMessage } from "./render.js";
import type { SlashNames } from "./slash-names.js";

/** What every door to the bot needs: mentions, slash commands, presses, reactions. */
export interface DoorDeps {
  readonly identity: Identity;
  readonly handlers: PlatformHandlers;
  readonly calls: Calls;
  readonly people: People;
  readonly controlIds: ControlIds;
  readonly names: SlashNames;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly followsThreads: boolean;
}

/** Slack repeats a delivery within minutes; an hour is far past the last time. */
const ONCE_MS = 3_600_000;

/** True the first time, for all processes; also where the store cannot tell: better twice than never. */
export async function isFirstTime({ store, log }: DoorDeps, what: string): Promise<boolean> {
  try {
    return await store.writeOnce(`slack-${what}`, ONCE_MS, []);
  } catch (error) {
    log.warn({ error }, "the store could not tell whether a command was delivered twice");
    return true;
  }
}

/** A reply of a command as Slack shows it, with the prefix on the commands that it names. */
export async function commandMessage({ names, controlIds }: DoorDeps, reply: Reply): Promise<SlackMessage> {
  const blocks = await controlBlocks(reply.controls ?? [], controlIds.idFor);
  return render({ markdown: names.inReply(reply.markdown) }, blocks);
}

/** Who runs a command, and where. A slash command acts on the channel, one typed in a thread on the thread. */
export async function callOf(
  { identity, people }: DoorDeps,
  given: {
    readonly channel: string;
    readonly thread?: string | undefined;
    readonly user: string;
    readonly text: string;
  },
): Promise<CommandCall> {
  const { channel, thread, user, text } = given;
  const { name, isOperator } = await people.lookUp(user);
  return {
    channel: {
      platform: "slack",
      workspace: identity.teamId,
      channel,
      ...(thread === undefined ? {} : { thread }),
    },
    author: { id: user, name },
    text,
    isDirect: channel.startsWith("D"),
    isOperator,
  };
}
