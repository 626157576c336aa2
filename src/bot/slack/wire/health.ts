import { z } from "zod";
import type { Log } from "../../../base/log.js";
import { isTokenRefused, neededScopeOf, slackErrorOf } from "./errors.js";

/** The parts that fail independently: the bot token, the connection, a setting, the delivery of events. */
type Part = "bot" | "link" | "setup" | "events";

export interface Health {
  fault(): string | undefined;
  isFaulty(part: Part): boolean;
  /** Sets or clears (undefined) the fault of a part; a change is logged. */
  set(part: Part, fault: string | undefined): void;
  /** What an operator should know though the part works; undefined clears it. */
  warn(part: Part, warning: string | undefined): void;
  warnings(): readonly string[];
}

export function createHealth(log: Log): Health {
  const faults = new Map<Part, string>([["link", "slack is connecting"]]);
  const warnings = new Map<Part, string>();
  return {
    fault: () => faults.get("setup") ?? faults.get("bot") ?? faults.get("link") ?? faults.get("events"),
    isFaulty: (part) => faults.has(part),
    set(part, fault) {
      if (faults.get(part) === fault) return;
      if (fault === undefined) {
        faults.delete(part);
        log.info({ platform: "slack", part }, "slack: recovered");
      } else {
        faults.set(part, fault);
        log.error({ platform: "slack", part, fault }, "slack: unavailable");
      }
    },
    warn(part, warning) {
      if (warnings.get(part) === warning) return;
      if (warning === undefined) warnings.delete(part);
      else {
        warnings.set(part, warning);
        log.warn({ platform: "slack", part, warning }, "slack: works, but not as it should");
      }
    },
    warnings: () => [...warnings.values()],
  };
}

const APPS = "api.slack.com/apps → your app";

/** Says what is wrong with the bot token, and where to fix it. */
export function botFault(error: unknown): string {
  const scope = neededScopeOf(error);
  if (scope !== undefined) {
    return (
      `slack: SLACK_BOT_TOKEN lacks the scope ${scope}; add it at ${APPS} → OAuth & Permissions and ` +
      "reinstall the app"
    );
  }
  if (isTokenRefused(error)) {
    return (
      `slack: SLACK_BOT_TOKEN is refused (${slackErrorOf(error)}); copy the Bot User OAuth Token from ` +
      `${APPS} → OAuth & Permissions`
    );
  }
  if (error instanceof z.ZodError) {
    return (
      "slack: Slack's answer to auth.test does not say who the bot is; it is retried automatically. Check " +
      "SLACK_API_URL where it is set"
    );
  }
  return unreachable(error);
}

export const LINK_OFF = `slack: Socket Mode is off for the app of SLACK_APP_TOKEN; turn it on at ${APPS} → Socket Mode`;

const WITHOUT_SOCKETS =
  "End processes that run with the same SLACK_APP_TOKEN, or use HTTP mode, which has no such limit: " +
  "SLACK_SIGNING_SECRET, without SLACK_APP_TOKEN";

const MOST_SOCKETS = "slack: Slack accepts no more Socket Mode connections of this app (ten at most)";
export const CROWDED = `${MOST_SOCKETS}. ${WITHOUT_SOCKETS}`;

/** Each replica keeps two, so that one stands while the other is renewed. */
export const CROWDED_SPARE =
  "slack: Slack refused an eleventh Socket Mode connection of this app, so that this replica has one instead of " +
  `two and is cut off for seconds whenever that one is renewed. ${WITHOUT_SOCKETS}`;

/** Slack sends no more than 30,000 events an hour and workspace, and says so minute by minute. */
export const EVENTS_HELD =
  "slack: Slack holds back events of this workspace for a minute, because there are too many " +
  "(app_rate_limited); questions asked meanwhile are not seen";

/** Says what is wrong with the Socket Mode connection, and where to fix it. */
export function linkFault(error: unknown): string {
  const code = slackErrorOf(error);
  if (neededScopeOf(error) !== undefined || code === "missing_scope") {
    return (
      `slack: SLACK_APP_TOKEN lacks the scope connections:write; make a new one at ${APPS} → Basic ` +
      "Information → App-Level Tokens"
    );
  }
  if (isTokenRefused(error)) {
    return (
      `slack: SLACK_APP_TOKEN is refused (${code}); make a new one with connections:write at ${APPS} → ` +
      "Basic Information → App-Level Tokens"
    );
  }
  if (code === "forbidden_team" || code === "socket_mode_disabled" || code === "link_disabled") return LINK_OFF;
  return unreachable(error);
}

const unreachable = (error: unknown) => {
  const code = slackErrorOf(error);
  const why = code === undefined ? "no answer" : code.slice(0, 60);
  return (
    `slack: Slack cannot be reached (${why}); it is retried automatically. Check the network, and ` +
    "SLACK_API_URL where it is set"
  );
};
