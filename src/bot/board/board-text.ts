import { timeMark } from "../../base/time.js";
import { inForceLines } from "../../commands/auto-refresh-setting.js";
import { lastRefreshLine } from "../../commands/models-status.js";
import { quotaBoardLine } from "../../commands/wording/quota-text.js";
import { inLanguage, phrase, t } from "../../languages/translate.js";
import type { QuotaState } from "../../quota/quota.js";
import { INTERVALS, indicatorLine, outcomeHint, outcomeWords } from "../../refresh/refresh-texts.js";
import type { ProviderStatus, RefreshStatus } from "../../refresh/refresher.js";
import type { RefreshInForce, Settings } from "../../refresh/settings.js";
import type { BoardRow } from "./board-rows.js";

/** What people press under the board, without variation selectors, as reactions are compared. */
const REFRESH = "🔄";
const TOGGLE = "⏯";
const NEXT_INTERVAL = "⏱";

/** The reactions that the bot adds to a board, with the variation selector that shows the last two as pictures. */
export const BOARD_EMOJIS: readonly string[] = [REFRESH, `${TOGGLE}\ufe0f`, `${NEXT_INTERVAL}\ufe0f`];

const LEGEND = [
  phrase`🔄 refreshes now · for operators: ⏯️ turns auto-refresh on or off · ⏱️ sets the next interval`,
  phrase`❌ means that your reaction was refused, or that a provider failed. \`/models status\` says more.`,
];

/** A running bot renews the board after so long, though nothing has changed: its age tells whether one runs. */
export const RENEW_MS = 15 * 60_000;

/** What stands on a board whose place another one has taken. */
export const MOVED_TEXT = phrase`➡️ This board is no longer updated: a newer one was posted in this channel.`;

/**
 * What the board judges: its "since" tells when this last changed. Refreshes that run are not shown, so that none
 * flaps. It is only compared, over all workspaces, so it is in English.
 */
export const judgementOf = (status: RefreshStatus): string =>
  inLanguage(undefined, () => [boardIndicator(status), ...status.providers.flatMap(failureLine)].join("\n"));

const boardIndicator = (status: RefreshStatus) =>
  indicatorLine({ ...status, indicator: status.isFresh ? "fresh" : "stale" });

/** The times that a board shows, epoch ms. */
export type BoardTimes = Required<Pick<BoardRow, "since" | "asOf" | "refreshedAt">>;

/** The board as one workspace sees it. */
export function boardText(
  facts: {
    readonly status: RefreshStatus;
    readonly settings: Settings;
    readonly workspace: string;
    readonly quotas: readonly QuotaState[];
  },
  times: BoardTimes,
): string {
  const { status, settings, workspace } = facts;
  const failures = status.providers.flatMap(failureLine);
  const quotaLine = quotaBoardLine(facts.quotas);
  return [
    t`**Model lists**`,
    boardIndicator(status),
    t`${lastRefreshLine({ lastRefreshAt: times.refreshedAt })} · this status since: ${timeMark(times.since)}`,
    t`As of ${timeMark(times.asOf)}. A running bot updates this every ${RENEW_MS / 60_000} minutes.`,
    "",
    ...inForceLines({ settings, setups: status.providers.map(({ id }) => ({ id, preferredFamilies: [] })) }, workspace),
    ...(failures.length > 0 ? ["", ...failures] : []),
    ...(quotaLine === undefined ? [] : ["", quotaLine]),
    "",
    ...LEGEND,
  ].join("\n");
}

/** What stands on the boards of a bot that was stopped. */
export const stoppedBoardText = ({ asOf, refreshedAt }: BoardTimes): string =>
  [
    t`**Model lists**`,
    t`⏹️ The bot was stopped: ${timeMark(asOf)}. Nothing is refreshed or answered until it runs again.`,
    lastRefreshLine({ lastRefreshAt: refreshedAt }),
  ].join("\n");

function failureLine(status: ProviderStatus): readonly string[] {
  const { id, outcome } = status;
  if (outcome === null || outcome === "ok") return [];
  const hint = outcomeHint({ ...status, failureStatus: undefined, lastFailure: null });
  return [`⚠️ ${id}: ${outcomeWords(outcome, { lastFailure: status.lastFailure })}. ${hint ?? ""}`.trimEnd()];
}

/** The command that a reaction stands for; undefined where it means nothing. */
export function commandOfReaction(emoji: string, { isEnabled, interval }: RefreshInForce): string | undefined {
  const commands: Readonly<Record<string, string>> = {
    [REFRESH]: "/refresh-models",
    [TOGGLE]: `/settings auto-refresh ${isEnabled ? "off" : "on"}`,
    [NEXT_INTERVAL]: `/settings auto-refresh interval:${nextInterval(interval)}`,
  };
  const bare = emoji.replaceAll("\ufe0f", "");
  return Object.hasOwn(commands, bare) ? commands[bare] : undefined;
}

/** 1, 3, 5, 10, 15, smart, 1 …; from an interval of the host's own to the first. */
function nextInterval(interval: RefreshInForce["interval"]): string {
  const now = interval.kind === "smart" ? "smart" : interval.ms / 60_000;
  const place = INTERVALS.findIndex(({ value }) => value === now);
  return String(INTERVALS[(place + 1) % INTERVALS.length]?.value);
}
