import { AppError } from "../../base/errors.js";
import { createRateScheduler } from "../delivery/rate-scheduler.js";
import { createTokenBucket } from "../delivery/token-bucket.js";
import { createControlIds } from "../port/control-ids.js";
import type { ChatPlatform, PlatformLimits } from "../port/platform.js";
import type { PlatformDeps, PlatformExtras } from "../port/platform-definition.js";
import { type ClientSettings, createWebClient, sdkLogger } from "./link/bolt.js";
import type { Link } from "./link/link.js";
import { connect } from "./receive/connect.js";
import { createSlackMissed, createSlackReread } from "./receive/missed.js";
import { createPeople, isInTeams } from "./receive/people.js";
import { type AgentCalls, createAgentCalls, createQuestionTitles } from "./send/agent-calls.js";
import { createAnswers } from "./send/answers.js";
import { createCaller, createOptionalFeatures, termsOf } from "./send/caller.js";
import { createSlackCalls } from "./send/calls.js";
import { controlBlocks, createPickers } from "./send/controls.js";
import { createFileCalls } from "./send/files.js";
import { createSlackMarks } from "./send/marks.js";
import { createPostReconciliation } from "./send/post-reconciliation.js";
import { MAX_MARKDOWN_CHARS } from "./send/render.js";
import { createSlackSend } from "./send/send.js";
import { createStreamCalls } from "./send/stream-calls.js";
import type { SlackSettings } from "./variables.js";
import { createHealth, type Health } from "./wire/health.js";
import type { Identity } from "./wire/identity.js";
import { createSlashNames } from "./wire/slash-names.js";

const LIMITS: PlatformLimits = {
  maxMessageChars: MAX_MARKDOWN_CHARS,
  /** One answer alone may show about this often; with several the buckets decide. */
  minEditGapMs: 1_000,
  beginsThreads: true,
  redelivers: true,
};

/** The bot's Slack side: connects, translates and paces; the handlers decide. */
export function createSlack(
  deps: PlatformDeps & { readonly slack: SlackSettings },
): ChatPlatform & Required<Pick<PlatformExtras, "isMemberOf" | "readMissed" | "reread" | "findReplies" | "warnings">> {
  const { config, slack, store, clock, log, commands, replicas } = deps;
  const names = createSlashNames(commands, slack.commandPrefix);
  const stopped = new AbortController();
  const settings = { apiUrl: slack.apiUrl, logger: sdkLogger(log) };
  const health = createHealth(log);
  health.set("setup", names.fault());
  let identity: Identity | undefined;
  let workspaces: readonly string[] = [];
  let connected: Promise<Link | undefined> = Promise.resolve(undefined);
  const wire = createWire({ slack, settings, health, clock, log, replicas });
  const { calls, agent } = wire;
  const reconciliation = createPostReconciliation({
    calls,
    clock,
    signal: stopped.signal,
    botUserId: () => identity?.botUserId,
  });
  const titles = createQuestionTitles();
  const controlIds = createControlIds({ store, clock, log });
  const pickers = createPickers(commands);
  const controls = { idFor: controlIds.idFor, pickers };
  const send = createSlackSend({ ...wire, controls, names, reconciliation, clock, log });
  const asked = { calls, optional: wire.optional, clock, log, identity: () => identity };
  const people = createPeople(asked);
  const onIdentity = (found: Identity) => {
    identity = found;
    workspaces = [`slack:${found.teamId}`];
  };
  const strangeTeams: string[] = [];
  const onStrangeTeam = (team: string) => {
    strangeTeams.push(team);
    log.warn({ team }, "slack: deliveries of another team than the bot token's are dropped; install one bot per team");
  };
  const followsThreads = config.access.followThreads;
  const shared = { ...wire, people, titles, controlIds, pickers, names, clock, log, followsThreads };

  return {
    name: "slack",
    limits: LIMITS,
    workspaces: () => workspaces,
    fault: health.fault,
    async start(handlers) {
      const { signal } = stopped;
      connected = connect({ ...shared, handlers, slack, settings, health, signal, onIdentity, onStrangeTeam });
      connected.catch((error) => {
        log.error({ error }, "slack: startup failed");
        health.set("setup", "slack: it could not be started; the log says why");
      });
    },
    async stop() {
      const reason = new AppError("platform", "The bot is stopping");
      stopped.abort(reason);
      wire.buckets.stop(reason);
      const link = await connected.catch(() => undefined); // logged when it failed
      await link?.stop();
    },
    warnings: () => [...health.warnings(), ...strangeTeamsWarning(strangeTeams)],
    isMemberOf: (person, workspaces) => isInTeams(asked, person, workspaces),
    ...send,
    append: appendAndEnd(send, agent),
    createReplyStream: createAnswers({
      ...wire,
      titles,
      reconciliation,
      clock,
      worded: names.inAnswer,
      controlBlocks: (given) => controlBlocks(given, controls),
    }),
    ...createSlackMarks({ calls, clock, log, signal: stopped.signal }),
    findReplies: reconciliation.findReplies,
    readMissed: createSlackMissed(() => identity && { ...shared, identity }),
    reread: createSlackReread(() => identity && { ...shared, identity }, stopped.signal),
  };
}

const strangeTeamsWarning = (strangeTeams: readonly string[]): readonly string[] =>
  strangeTeams.length === 0
    ? []
    : [`slack: deliveries of other teams are dropped (${strangeTeams.slice(0, 5).join(", ")})`];

/** Appends to what an earlier process left, and ends the session that it left shown as working. */
const appendAndEnd =
  (send: Pick<ChatPlatform, "append">, agent: AgentCalls): ChatPlatform["append"] =>
  async (message, lines, controls) => {
    const shown = await send.append(message, lines, controls);
    const { thread } = message;
    if (thread !== undefined) void agent.end({ ...message, thread }, "session").catch(() => {}); // stopped meanwhile
    return shown;
  };

type WireDeps = Pick<PlatformDeps, "clock" | "log" | "replicas"> & {
  readonly slack: SlackSettings;
  readonly settings: ClientSettings;
  readonly health: Health;
};

/** All calls to Slack, through one client and within its rate limits. */
function createWire({ slack, settings, health, clock, log, replicas }: WireDeps) {
  const client = createWebClient(slack.botToken, settings);
  const buckets = createRateScheduler({
    clock,
    allowanceOf: (bucket) => createTokenBucket(termsOf(bucket, replicas), clock.now()),
  });
  const caller = createCaller({ buckets, health });
  const optional = createOptionalFeatures({ clock, log });
  return {
    buckets,
    caller,
    optional,
    calls: createSlackCalls(client, caller),
    streams: createStreamCalls(client, caller),
    files: createFileCalls({ client, caller, botToken: slack.botToken, apiUrl: slack.apiUrl }),
    agent: createAgentCalls({ client, caller, optional, buckets }),
  };
}
