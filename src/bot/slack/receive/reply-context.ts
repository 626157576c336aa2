import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Reply } from "../../../commands/command.js";
import type { Store } from "../../../store/store.js";
import type { ControlIds } from "../../port/control-ids.js";
import { panelControls } from "../../port/panel.js";
import type { CommandCall, PlatformHandlers } from "../../port/platform.js";
import type { AgentCalls, QuestionTitles } from "../send/agent-calls.js";
import type { Calls } from "../send/calls.js";
import { controlBlocks, type Pickers, pickerBlocks } from "../send/controls.js";
import { type FileCalls, sendFiles } from "../send/files.js";
import type { OptionalFeatures } from "../send/optional-features.js";
import { render, type SlackMessage } from "../send/render.js";
import type { Identity } from "../wire/identity.js";
import type { SlashNames } from "../wire/slash-names.js";
import type { People } from "./people.js";

/** What every door to the bot needs: mentions, slash commands, presses, reactions. */
export interface DoorDeps {
  readonly identity: Identity;
  readonly handlers: PlatformHandlers;
  readonly calls: Calls;
  readonly files: FileCalls;
  readonly agent: AgentCalls;
  readonly optional: OptionalFeatures;
  readonly people: People;
  readonly controlIds: ControlIds;
  readonly pickers: Pickers;
  readonly names: SlashNames;
  readonly titles: QuestionTitles;
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

/**
 * A reply of a command as Slack shows it to `user`, with the prefix on the commands that it names; its files go by direct
 * message. Where `line` was typed without the model that it needs, a select asks for it.
 */
export async function commandMessage(deps: DoorDeps, reply: Reply, user: string, line = ""): Promise<SlackMessage> {
  const { names, controlIds, pickers } = deps;
  const controls = await controlBlocks(panelControls(reply), { idFor: controlIds.idFor, pickers });
  const blocks = [...controls, ...pickerBlocks(pickers.askedBy(line) ?? pickers.onPanel(reply.panel))];
  const sent = reply.files === undefined ? "" : `\n\n${await sendFiles(deps, user, reply.files)}`;
  return render({ ...reply, markdown: names.inReply(reply.markdown) + sent }, blocks);
}

/** Who runs a command, and where. A slash command acts on the channel, one typed in a thread on the thread. */
export async function callOf(
  { identity, people }: DoorDeps,
  given: {
    readonly channel: string;
    readonly thread?: string | undefined;
    readonly user: string;
    readonly text: string;
    /** The public message that it was pressed on. */
    readonly on?: string | undefined;
    /** On the Home tab, which is no conversation: it is there where direct messages are not served. */
    readonly isHome?: boolean;
  },
): Promise<CommandCall> {
  const { channel, thread, user, text, on, isHome = false } = given;
  return {
    channel: {
      platform: "slack",
      workspace: identity.teamId,
      channel,
      ...(thread === undefined ? {} : { thread }),
    },
    ...(await people.speaker(user)),
    text,
    isDirect: channel.startsWith("D") && !isHome,
    ...(on !== undefined && { on }),
  };
}

/**
 * The thread whose conversation a message belongs to. In direct messages a thread that stands below the bot's own
 * message is named by that message itself, which still belongs to the whole.
 */
export function threadOf(channel: string, message: string | undefined, thread: string | undefined): string | undefined {
  return channel.startsWith("D") && thread === message ? undefined : thread;
}
