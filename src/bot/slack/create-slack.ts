import { AppError } from "../../errors.js";
import { createBudgets } from "../budget.js";
import { createControlIds } from "../control-ids.js";
import type { ChatPlatform } from "../platform.js";
import type { PlatformDeps } from "../platform-definition.js";
import { termsOf } from "./buckets.js";
import { createCalls } from "./calls.js";
import { connect } from "./connect.js";
import { createHealth } from "./health.js";
import type { Identity } from "./identity.js";
import type { Link } from "./link.js";
import { createMarks } from "./marks.js";
import { createPace } from "./pace.js";
import { createPeople } from "./people.js";
import { MAX_MARKDOWN_CHARS } from "./render.js";
import { createSend } from "./send.js";
import { createSlashNames } from "./slash-names.js";
import { createWebClient, sdkLogger } from "./web-client.js";

/** Escaping makes "<" four characters: a ninth of a text may be that before it has to be shown as sections. */
const MAX_MESSAGE_CHARS = MAX_MARKDOWN_CHARS * 0.75;
/** One answer alone may show about this often; with several the budget of chat.update decides. */
const MIN_EDIT_GAP_MS = 1_200;

/** Slack as the bot sees it. */
export function createSlack({ config, store, clock, log, commands }: PlatformDeps): ChatPlatform {
  const { slack, access } = config;
  if (slack === undefined) throw new AppError("internal", "Slack is not configured");
  const names = createSlashNames(commands, slack.commandPrefix);

  const stopped = new AbortController();
  const settings = { apiUrl: slack.apiUrl, logger: sdkLogger(log) };
  const health = createHealth(log);
  health.set("setup", names.fault());
  const budgets = createBudgets({ clock, limitOf: termsOf });
  const pace = createPace(budgets, clock);
  const calls = createCalls({ client: createWebClient(slack.botToken, settings), budgets, pace, health });
  const controlIds = createControlIds({ store, clock, log });
  let identity: Identity | undefined;
  let connected: Promise<Link | undefined> = Promise.resolve(undefined);
  const people = createPeople({ calls, clock, log, teamId: () => identity?.teamId });

  return {
    name: "slack",
    limits: { maxMessageChars: MAX_MESSAGE_CHARS, minEditGapMs: MIN_EDIT_GAP_MS },
    workspaces: () => (identity === undefined ? [] : [`slack:${identity.teamId}`]),
    fault: health.fault,
    async start(handlers) {
      const doors = { handlers, calls, people, controlIds, names, store, clock, log };
      connected = connect({
        ...doors,
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
      budgets.stop(reason);
      const link = await connected.catch(() => undefined); // logged when it failed
      await link?.stop();
    },
    slot: pace.slot,
    ...createSend({ calls, idFor: controlIds.idFor, names }),
    ...createMarks({ calls, log, signal: stopped.signal }),
    showStatus: async () => {},
  };
}
