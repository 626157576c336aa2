import { timeMark } from "../base/time.js";
import { t } from "../languages/translate.js";
import { describeResult, indicatorText } from "../refresh/refresh-texts.js";
import type { RefreshResult } from "../refresh/refresher.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { requireProvider, suggestProviders } from "./provider-option.js";
import { vendorWords } from "./wording/markdown.js";

/** Says of which lists the outcome is the one that somebody has just got, and of when. */
function repeatedLine(results: readonly RefreshResult[]): readonly string[] {
  const repeated = results.filter(({ repeatedFrom }) => repeatedFrom !== undefined);
  const oldest = Math.min(...repeated.map(({ repeatedFrom = 0 }) => repeatedFrom));
  if (repeated.length === 0) return [];
  const which = repeated.length === results.length ? t`This` : repeated.map(({ provider }) => provider).join(", ");
  return [t`ℹ️ ${which} repeats the outcome from ${timeMark(oldest)}: a list is fetched at most once in 10 seconds.`];
}

export const refreshModels = (deps: CommandDeps) =>
  defineCommand({
    path: "refresh-models",
    about: "Fetch the model lists now; chats go on meanwhile",
    access: "anyone",
    visibility: "ephemeral",
    options: { provider: { kind: "word", about: "only this provider", isSuggested: true } },
    async *run({ provider }) {
      const only = provider === undefined ? undefined : [requireProvider(deps, provider)];
      yield { markdown: indicatorText("refreshing") };
      const results = await deps.refresher.refresh("person", only);
      const isDone = results.length > 0 && results.every(({ outcome }) => outcome === "ok");
      const lines = results.map((result) => describeResult(result, vendorWords));
      yield {
        markdown:
          [...lines, ...repeatedLine(results)].join("\n") || t`– No provider is configured, so there is no list.`,
        ...(!isDone && { isFailure: true }),
      };
    },
    suggest: (_option, typed) => suggestProviders(deps, typed),
  });
