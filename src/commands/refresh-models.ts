import { describeResult, indicatorText } from "../refresh/indicator.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { requireProvider, suggestProviders } from "./provider-option.js";
import { vendorWords } from "./wording/markdown.js";

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
      yield {
        markdown:
          results.map((result) => describeResult(result, vendorWords)).join("\n") ||
          "– No provider is configured, so there is no list.",
        ...(!isDone && { isFailure: true }),
      };
    },
    suggest: (_option, typed) => suggestProviders(deps, typed),
  });
