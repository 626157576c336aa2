import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import type { Reply } from "../../../commands/command.js";
import type { Door } from "../../../store/audit.js";
import type { ControlIds } from "../../port/control-ids.js";
import { panelControls } from "../../port/panel.js";
import type { CommandCall, PlatformHandlers } from "../../port/platform.js";
import type { AgentCalls, QuestionTitles } from "../send/agent-calls.js";
import type { OptionalFeatures } from "../send/caller.js";
import type { SlackCalls } from "../send/calls.js";
import { controlBlocks, type Pickers, pickerBlocks } from "../send/controls.js";
import { type FileCalls, sendFiles } from "../send/files.js";
import { render, type SlackMessage } from "../send/render.js";
import type { Identity } from "../wire/identity.js";
import type { SlashNames } from "../wire/slash-names.js";
import type { People } from "./people.js";

/** What every listener needs to run something and to show the reply: mentions, commands, presses, reactions. */
export interface ReplyContext {
  readonly identity: Identity;
  readonly handlers: PlatformHandlers;
  readonly calls: SlackCalls;
  readonly files: FileCalls;
  readonly agent: AgentCalls;
  readonly optional: OptionalFeatures;
  readonly people: People;
  readonly controlIds: ControlIds;
  readonly pickers: Pickers;
  readonly names: SlashNames;
  readonly titles: QuestionTitles;
  readonly clock: Clock;
  readonly log: Log;
  readonly followsThreads: boolean;
}

/**
 * Renders a command's reply for `user`, with the host's prefix on the commands in it; its files go by direct message.
 * When the typed `line` lacks a model that it needs, a select asks for it.
 */
export async function commandMessage(deps: ReplyContext, reply: Reply, user: string, line = ""): Promise<SlackMessage> {
  const { names, controlIds, pickers } = deps;
  const controls = await controlBlocks(panelControls(reply), { idFor: controlIds.idFor, pickers });
  const blocks = [...controls, ...pickerBlocks(pickers.askedBy(line) ?? pickers.onPanel(reply.panel))];
  const fileLine = reply.files === undefined ? "" : `\n\n${await sendFiles(deps, user, reply.files)}`;
  return render({ ...reply, markdown: names.inReply(reply.markdown) + fileLine }, blocks);
}

/** Runs work that nobody waits for; its failure is logged. */
export const inBackground = (log: Log, what: string, work: Promise<unknown>): void =>
  void work.catch((error) => log.error({ error }, `slack: ${what} failed`));

/** Returns the call of a command. A slash command acts on the channel, one typed in a thread on the thread. */
export async function callOf(
  { identity, people }: ReplyContext,
  given: {
    readonly channel: string;
    readonly thread?: string | undefined;
    readonly user: string;
    readonly text: string;
    /** Default: "command". */
    readonly door?: Door;
    /** Id of the public message whose control was pressed. */
    readonly on?: string | undefined;
    /** On the Home tab, which is no conversation and also exists where direct messages aren't served. */
    readonly isHome?: boolean;
  },
): Promise<CommandCall> {
  const { channel, thread, user, text, door, on, isHome = false } = given;
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
    ...(door !== undefined && { door }),
    ...(on !== undefined && { on }),
  };
}

/**
 * Returns the thread whose conversation a message belongs to. In direct messages the first message of a thread, by
 * which Slack names it, still belongs to the channel's conversation.
 */
export function threadOf(channel: string, message: string | undefined, thread: string | undefined): string | undefined {
  return channel.startsWith("D") && thread === message ? undefined : thread;
}
