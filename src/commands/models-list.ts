import type { Pin } from "../store/sessions/sessions.js";
import { StoreError } from "../store/store-error.js";
import { defineCommand } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
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
    async *run({ provider, search }, { conversation }) {
      deps.refresher.nudge("picker", provider === undefined ? undefined : [provider]);
      const filter: ListFilter = { provider, search: search && withoutQuotes(search) };
      yield { markdown: listText(deps.refresher.snapshot(), filter, await pinOf(deps, conversation)) };
    },
    suggest: (option, typed) => (option === "provider" ? suggestProviders(deps, typed) : []),
  });

/** The rest of a line keeps its quotes; around a whole search they only group. */
const withoutQuotes = (search: string) => /^(["'“‘])(.+)["'”’]$/s.exec(search)?.[2] ?? search;

async function pinOf({ sessions }: CommandDeps, conversation: string): Promise<Pin | null> {
  try {
    return (await sessions.get(conversation)).pin;
  } catch (error) {
    // The lists are in memory: without a store they only lack the mark on the pinned one.
    if (error instanceof StoreError) return null;
    throw error;
  }
}
