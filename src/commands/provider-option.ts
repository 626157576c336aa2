import { UserError } from "../base/errors.js";
import { either } from "../base/text.js";
import { t } from "../languages/translate.js";
import type { ProviderId } from "../providers/provider.js";
import type { Choice } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code } from "./wording/markdown.js";

type Deps = Pick<CommandDeps, "setups">;

/** Takes the id of a configured provider and nothing else, so that other values are left to other options. */
export function providerOption(deps: Deps, about: string) {
  return {
    kind: "word",
    about,
    isSuggested: true,
    accepts: (value: string) => deps.setups.some(({ id }) => id === value),
    takes: () => t`a provider (${namesOf(deps, t`or`)})`,
  } as const;
}

/** Autocomplete of a provider's id. */
export function suggestProviders({ setups }: Deps, typed: string): readonly Choice[] {
  const wanted = typed.trim().toLowerCase();
  return setups.filter(({ id }) => id.includes(wanted)).map(({ id }) => ({ label: id, value: id }));
}

/** The configured provider that was typed. @throws {UserError} naming the configured ones, where it is none of them */
export function requireProvider(deps: Deps, typed: string): ProviderId {
  const found = deps.setups.find(({ id }) => id === typed.toLowerCase());
  if (found !== undefined) return found.id;
  throw new UserError(t`The provider ${code(typed)} is not configured here. Configured: ${configuredNames(deps)}.`);
}

/** "`openai` and `demo`", "none". */
export const configuredNames = (deps: Deps): string => namesOf(deps, t`and`);

function namesOf({ setups }: Deps, word: string): string {
  const names = setups.map(({ id }) => code(id));
  return names.length === 0 ? t`none` : either(names, word);
}
