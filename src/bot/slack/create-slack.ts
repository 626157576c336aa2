import { AppError } from "../../base/errors.js";
import { createControlIds } from "../port/control-ids.js";
import type { ChatPlatform } from "../port/platform.js";
import type { PlatformDeps } from "../port/platform-definition.js";
import type { Link } from "./link/link.js";
import { createWebClient, sdkLogger } from "./link/web-client.js";
import { connect } from "./receive/connect.js";
import { createPeople } from "./receive/people.js";
import { createAgentCalls } from "./send/agent-calls.js";
import { createAnswers } from "./send/answers.js";
import { termsOf } from "./send/buckets.js";
import { createCaller } from "./send/caller.js";
import { createCalls } from "./send/calls.js";
import { controlBlocks } from "./send/controls.js";
import { createExtras } from "./send/extras.js";
import { createFileCalls } from "./send/file-calls.js";
import { createLostPosts } from "./send/lost-posts.js";
import { createMarks } from "./send/marks.js";
import { createOpenStreams } from "./send/open-streams.js";
import { MAX_MARKDOWN_CHARS } from "./send/render.js";
import { createSend } from "./send/send.js";
import { createStreamCalls } from "./send/stream-calls.js";
import { createTitles } from "./send/titles.js";
import { createTokenBuckets } from "./send/token-buckets.js";
import type { SlackSettings } from "./variables.js";
import { createHealth } from "./wire/health.js";
import type { Identity } from "./wire/identity.js";
import { createPickers } from "./wire/pickers.js";
import { createSlashNames } from "./wire/slash-names.js";

/** One answer alone may show about this often; with several the buckets decide. */
const MIN_EDIT_GAP_MS = 1_000;

/** Slack as the bot sees it. */
export function createSlack(deps: PlatformDeps & { readonly slack: SlackSettings }): ChatPlatform {
  const { config, slack, store, clock, log, commands } = deps;
  const { access } = config;
  const names = createSlashNames(commands, slack.commandPrefix);

  const stopped = new AbortController();
  const settings = { apiUrl: slack.apiUrl, logger: sdkLogger(log) };
  const health = createHealth(log);
  health.set("setup", names.fault());
  const buckets = createTokenBuckets({ clock, termsOf });
  const client = createWebClient(slack.botToken, settings);
  const caller = createCaller({ buckets, health });
  const extras = createExtras({ clock, log });
  const calls = createCalls(client, caller);
  const streams = createStreamCalls(client, caller);
  const files = createFileCalls({ client, caller, botToken: slack.botToken, apiUrl: slack.apiUrl });
  const agent = createAgentCalls({ client, caller, extras, buckets });
  const lostPosts = createLostPosts({ calls, botUserId: () => identity?.botUserId });
  const titles = createTitles();
  const controlIds = createControlIds({ store, clock, log });
  const controls = { idFor: controlIds.idFor, pickers: createPickers(commands) };
  let identity: Identity | undefined;
  const send = createSend({ calls, streams, controls, names, lostPosts, log });
  let connected: Promise<Link | undefined> = Promise.resolve(undefined);
  const people = createPeople({ calls, clock, log, teamId: () => identity?.teamId });

  return {
    name: "slack",
    limits: { maxMessageChars: MAX_MARKDOWN_CHARS, minEditGapMs: MIN_EDIT_GAP_MS },
    workspaces: () => (identity === undefined ? [] : [`slack:${identity.teamId}`]),
    fault: health.fault,
    async start(handlers) {
      const doors = { handlers, calls, files, agent, extras, people, titles, controlIds, names, store, clock, log };
      connected = connect({
        ...doors,
        pickers: controls.pickers,
        followsThreads: access.followThreads,
        slack,
        settings,
        health,
        signal: stopped.signal,
        onIdentity: (found) => {
          identity = found;
        },
      });
      // Told by fault(); the other platforms go on.
      connected.catch((error) => {
        log.error({ error }, "slack could not be started");
        health.set("setup", "slack: it could not be started; the log says why");
      });
    },
    async stop() {
      const reason = new AppError("platform", "The bot is stopping");
      stopped.abort(reason);
      buckets.stop(reason);
      const link = await connected.catch(() => undefined); // logged when it failed
      await link?.stop();
    },
    ...send,
    async append(message, lines, given) {
      const shown = await send.append(message, lines, given);
      // The process that left it there left it shown at work as well.
      const { thread } = message;
      if (thread !== undefined) void agent.end({ ...message, thread }, "session").catch(() => {}); // stopped meanwhile
      return shown;
    },
    createReplyStream: createAnswers({
      streams,
      buckets,
      caller,
      extras,
      agent,
      titles,
      lostPosts,
      clock,
      open: createOpenStreams(clock),
      worded: names.inAnswer,
      controlBlocks: (given) => controlBlocks(given, controls),
    }),
    ...createMarks({ calls, log, signal: stopped.signal }),
  };
}
