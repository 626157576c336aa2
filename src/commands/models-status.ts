import { timeMark } from "../base/time.js";
import { plural, t } from "../languages/translate.js";
import {
  indicatorLine,
  noChatModelText,
  noListText,
  outcomeHint,
  outcomeWords,
  reasonText,
} from "../refresh/refresh-texts.js";
import type { ProviderStatus, RefreshStatus } from "../refresh/refresher.js";
import { autoRefreshControls, inForceLines, refreshButton } from "./auto-refresh-setting.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { pinView } from "./pin-text.js";
import { vendorWords } from "./wording/markdown.js";
import { affectedLine, offerControl } from "./wording/pin-outlook.js";
import { quotaRiskLine } from "./wording/quota-text.js";

export const modelsStatus = (deps: CommandDeps) =>
  defineCommand({
    path: "models status",
    about: "How fresh the model lists are, and when they refresh next",
    access: "anyone",
    visibility: "ephemeral",
    options: {},
    async *run(_args, invocation) {
      const { workspace, isOperator } = invocation;
      const status = deps.refresher.status();
      const isEnabledForAny = deps.setups.some(({ id }) => deps.settings.inForce(workspace, id).isEnabled);
      const providers = status.providers.map(providerLine);
      const pin = await pinView(deps, invocation);
      const affected = isOperator ? deps.affectedPins(workspace).slice(0, MAX_AFFECTED) : [];
      yield {
        panel: "/models status",
        markdown: [
          t`**Model status**`,
          indicatorLine(status),
          "",
          lastRefreshLine(status),
          nextRefreshLine(status, isEnabledForAny, deps.clock.now()),
          ...storeLines(status),
          "",
          ...(providers.length > 0 ? providers : [t`– No provider is configured.`]),
          ...quotaLines(deps),
          ...deps.faults().map((fault) => `⚠️ ${fault}`),
          "",
          ...inForceLines(deps, workspace),
          ...smartLine(deps, workspace),
          ...pin.lines,
          ...affected.map((pins) => `⏳ ${affectedLine(pins)}`),
        ].join("\n"),
        controls: [
          refreshButton(status),
          ...pin.controls,
          ...(isOperator ? autoRefreshControls(deps.settings.inForce(workspace)) : []),
          ...affected.flatMap((pins) => offerControl(pins) ?? []),
        ],
      };
    },
  });

/** Most lines about pins whose model is gone or retires. */
const MAX_AFFECTED = 3;

/** One line where a quota is used up, or likely to be before it renews. */
const quotaLines = ({ quota, clock }: CommandDeps): readonly string[] =>
  [quotaRiskLine(quota.states(), clock.now())].filter((line) => line !== undefined);

export const lastRefreshLine = ({ lastRefreshAt }: Pick<RefreshStatus, "lastRefreshAt">): string =>
  t`Last refresh: ${lastRefreshAt === null ? t`none yet` : timeMark(lastRefreshAt)}`;

/** `isEnabledHere`: in this workspace, for any provider; another workspace may keep the shared lists fresh. */
export function nextRefreshLine({ nextRefreshAt }: RefreshStatus, isEnabledHere: boolean, now: number): string {
  if (nextRefreshAt === null) return t`Next refresh: none, because auto-refresh is off. The button refreshes now.`;
  const when = nextRefreshAt <= now ? t`within 10 seconds` : timeMark(nextRefreshAt);
  const note = isEnabledHere ? "" : t` (auto-refresh is off here, but another workspace keeps it on)`;
  return t`Next refresh: ${when}${note}`;
}

export const storeLines = ({ isStoreDown = false }: RefreshStatus): readonly string[] =>
  isStoreDown
    ? [t`⚠️ The store cannot be reached. Lists come from memory, and are refreshed again once it is back.`]
    : [];

/**
 * "✓ openai: 61 models, list from …", "⚠️ anthropic: timed out, using the list of 12 models from …", "– ollama: no list
 * yet"; below it what helps, and when it is tried again.
 */
export function providerLine(status: ProviderStatus): string {
  const { id, outcome, models, fetchedAt, isFresh, isFetching } = status;
  const now = isFetching ? t` (refreshing now)` : "";
  const count = plural(models, "model");
  const notes = [changeWords(status), droppedWords(status)].join("");
  if (outcome === null || outcome === "ok") {
    if (fetchedAt === null) return t`– ${id}: no list yet${now}`;
    if (models === 0) return t`⚠️ ${id}: ${noChatModelText(id)} (list from ${timeMark(fetchedAt)})${now}`;
    return t`${isFresh ? "✓" : "⚠️"} ${id}: ${count}, list from ${timeMark(fetchedAt)}${
      isFresh
        ? ""
        : t`,
      outdated`
    }${notes}${now}`;
  }
  const rest = fetchedAt === null ? noListText(outcome) : t`, using the list of ${count} from ${timeMark(fetchedAt)}`;
  const often = status.consecutiveFailures > 1 ? t` (${status.consecutiveFailures} times in a row)` : "";
  const reason = reasonText(outcome, status.lastFailure);
  const help = [reason && vendorWords(reason), outcomeHint(status), attemptWords(status)];
  const line = `⚠️ ${id}: ${outcomeWords(outcome, status)}${often}${rest}${notes}${now}`;
  return `${line}\n  ${help.filter((part) => part !== undefined).join(" ")}`.trimEnd();
}

function changeWords({ lastChange }: ProviderStatus): string {
  if (lastChange == null) return "";
  const { at, added, gone } = lastChange;
  const parts = [added > 0 ? t`+${added} new` : "", gone > 0 ? t`${gone} gone` : ""].filter((part) => part !== "");
  return t`, changed ${timeMark(at)} (${parts.join(", ")})`;
}

const droppedWords = ({ droppedRows = 0 }: ProviderStatus): string =>
  droppedRows > 0 ? t`, ${plural(droppedRows, "row")} without a usable id left out` : "";

function attemptWords({ nextAt, attemptedAt, isFetching }: ProviderStatus): string | undefined {
  if (attemptedAt === null || isFetching) return undefined;
  const next = nextAt === null ? "" : t` Next attempt: ${timeMark(nextAt)}.`;
  return t`Last attempt: ${timeMark(attemptedAt)}.${next}`;
}

/** What "smart" comes to right now and why; nothing where no list of the workspace has it. */
export function smartLine({ refresher }: Pick<CommandDeps, "refresher">, workspace: string): readonly string[] {
  const why = refresher.smartWhy(workspace);
  return why === undefined ? [] : [t`Right now: ${why}`];
}
