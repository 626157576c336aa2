import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { pinFor } from "./model-in-force.js";
import { providerOption, suggestProviders } from "./provider-option.js";
import { type ListFilter, listText } from "./wording/list-text.js";

export const modelsList = (deps: CommandDeps) =>
  defineCommand({
    path: "models list",
    about: "The models you can talk to",
    access: "anyone",
    visibility: "ephemeral",
    options: {
      provider: providerOption(deps, "only this provider"),
      search: { kind: "text", about: "a part of the model's name", maxChars: 200 },
    },
    async *run({ provider, search }, invocation) {
      deps.refresher.nudge("picker", provider === undefined ? undefined : [provider]);
      const filter: ListFilter = { provider, search: search && withoutQuotes(search) };
      const { workspace } = invocation;
      const list = listText(deps.allowed.snapshot(workspace), filter, await pinFor(deps, invocation));
      yield {
        markdown: deps.allowed.hasRules(workspace)
          ? `${list}\n🔒 Only models that may be used here; \`/settings show\` says why.`
          : list,
      };
    },
    suggest: (option, typed) => (option === "provider" ? suggestProviders(deps, typed) : []),
  });

/** The rest of a line keeps its quotes; around a whole search they only group. */
const withoutQuotes = (search: string) => /^(["'“‘])(.+)["'”’]$/s.exec(search)?.[2] ?? search;
