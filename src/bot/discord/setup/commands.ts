import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  Locale,
} from "discord-api-types/v10";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import type { Log } from "../../../base/log.js";
import { backoffMs, retry } from "../../../base/retry.js";
import { cutText } from "../../../base/text.js";
import type { Command, Option } from "../../../commands/command.js";
import { BARE_NAME } from "../../../commands/grammar/find-command.js";
import type { Languages } from "../../../languages/languages.js";
import type { Language } from "../../../languages/translate.js";
import { PlatformError } from "../../port/platform-error.js";
import type { DiscordRest } from "../send/rest.js";
import { parsed } from "../wire/answer.js";

/** https://discord.com/developers/docs/interactions/application-commands: of descriptions, and of choices' names. */
const MAX_CHARS = 100;
const MAX_CHOICES = 25;
const MAX_STRING = 6_000;

type Localizations = Readonly<Record<string, string>>;

/**
 * The languages that descriptions of commands and options, and names of choices, are told in besides English, by
 * Discord's locale ("de", "pt-BR"). Discord shows the English ones wherever there is none. Commands themselves are
 * called the same everywhere, as the documentation and other platforms name them.
 */
export type Translations = ReadonlyMap<string, Pick<Language, "translationOf">>;

const LOCALES: readonly string[] = Object.values(Locale);

/** Returns the languages that Discord has: a language without a region stands for all of its regions. */
export const discordTranslations = ({ translated }: Languages): Translations =>
  new Map(
    translated.flatMap((language) => {
      const { code } = language;
      const locales = LOCALES.filter((locale) => locale === code || locale.split("-")[0] === code);
      return locales.map((locale) => [locale, language] as const);
    }),
  );

interface Described {
  readonly description: string;
  readonly description_localizations?: Localizations;
}

interface OptionChoice {
  readonly name: string;
  readonly value: string;
  readonly name_localizations?: Localizations;
}

export interface CommandOption extends Described {
  readonly type: number;
  readonly name: string;
  readonly required?: boolean;
  readonly autocomplete?: boolean;
  readonly max_length?: number;
  readonly choices?: readonly OptionChoice[];
  readonly options?: readonly CommandOption[];
}

export interface ApplicationCommand extends Described {
  readonly name: string;
  readonly type: ApplicationCommandType.ChatInput;
  readonly options: readonly CommandOption[];
  readonly integration_types: readonly number[];
  readonly contexts: readonly number[];
}

/**
 * The registry as Discord's slash commands: "models status" becomes `models` with the subcommand `status`,
 * and "usage", beside "usage quota", `usage show`. No default
 * permissions: they would hide whole groups, and every call is checked when it comes.
 */
export function applicationCommands(
  commands: readonly Command[],
  translations: Translations = new Map(),
): readonly ApplicationCommand[] {
  const groups = new Map<string, Command[]>();
  for (const command of commands) {
    const [name = ""] = command.path.split(" ");
    groups.set(name, [...(groups.get(name) ?? []), command]);
  }
  return [...groups].map(([name, members]) => {
    const whole = members.length === 1 ? members.find(({ path }) => path === name) : undefined;
    return {
      name,
      type: ApplicationCommandType.ChatInput,
      ...described(whole?.about ?? members.map(subcommandOf).join(", "), translations),
      options:
        whole === undefined
          ? members.map((member) => asSubcommand(member, translations))
          : optionsOf(whole, translations),
      integration_types: [ApplicationIntegrationType.GuildInstall],
      contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    };
  });
}

const subcommandOf = ({ path }: Command) => path.split(" ").slice(1).join("-") || BARE_NAME;
const cut = (text: string) => cutText(text, MAX_CHARS);

/** A text in every language that has it, each cut to what Discord takes; undefined where none has. */
function localized(text: string, translations: Translations): Localizations | undefined {
  const found = [...translations].flatMap(([locale, language]) => {
    const translated = language.translationOf(text);
    return translated === undefined ? [] : [[locale, cut(translated)] as const];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

function described(about: string, translations: Translations): Described {
  const description_localizations = localized(about, translations);
  return { description: cut(about), ...(description_localizations && { description_localizations }) };
}

const asSubcommand = (command: Command, translations: Translations): CommandOption => ({
  type: ApplicationCommandOptionType.Subcommand,
  name: subcommandOf(command),
  ...described(command.about, translations),
  options: optionsOf(command, translations),
});

/** Discord wants the required ones first. */
const optionsOf = ({ options }: Command, translations: Translations): readonly CommandOption[] =>
  Object.entries(options)
    .map(([name, option]) => nativeOption(name, option, translations))
    .sort((a, b) => Number(b.required ?? false) - Number(a.required ?? false));

function nativeOption(name: string, option: Option, translations: Translations): CommandOption {
  const base = { name, ...described(option.about, translations), ...(option.isRequired && { required: true }) };
  if (option.kind === "flag") return { type: ApplicationCommandOptionType.Boolean, ...base };
  if (option.kind === "choice") {
    const choices = option.values.slice(0, MAX_CHOICES).map(({ label, value }): OptionChoice => {
      const name_localizations = localized(label, translations);
      return { name: cut(label), value, ...(name_localizations && { name_localizations }) };
    });
    return { type: ApplicationCommandOptionType.String, ...base, choices };
  }
  const length = option.kind === "text" ? { max_length: Math.min(option.maxChars, MAX_STRING) } : {};
  return {
    type: ApplicationCommandOptionType.String,
    ...base,
    ...length,
    ...(option.isSuggested && { autocomplete: true }),
  };
}

const sorted = (texts: Localizations | null | undefined) => Object.entries(texts ?? {}).sort();

/** What both sides say of a command, with what Discord fills in left out and in one order. */
export function normalised(commands: readonly Partial<ApplicationCommand>[]): string {
  const option = (given: Partial<CommandOption>): unknown => [
    given.type,
    given.name,
    given.description,
    sorted(given.description_localizations),
    given.required ?? false,
    given.autocomplete ?? false,
    given.max_length ?? null,
    (given.choices ?? []).map(({ name, value, name_localizations }) => [name, value, sorted(name_localizations)]),
    (given.options ?? []).map(option),
  ];
  return JSON.stringify(
    commands
      .map((command) => [
        command.name,
        command.type ?? ApplicationCommandType.ChatInput,
        command.description,
        sorted(command.description_localizations),
        (command.options ?? []).map(option),
        [...(command.integration_types ?? [])].sort(),
        [...(command.contexts ?? [])].sort(),
      ])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}

const what = "registering the slash commands";

/** Every field that is compared; Discord says more. */
const registered = z.array(z.looseObject({ name: z.string() }));

const PAUSES = { firstMs: 5_000, maxMs: 300_000 };

/**
 * Registers the slash commands, again while Discord fails for the moment.
 * @throws {PlatformError} when it refuses @throws signal.reason when stopped
 */
export const registerWithRetry = (
  deps: { readonly rest: DiscordRest; readonly log: Log; readonly clock: Clock; readonly signal: AbortSignal },
  applicationId: string,
  wanted: readonly ApplicationCommand[],
): Promise<void> =>
  retry(() => registerCommands(deps, applicationId, wanted), {
    clock: deps.clock,
    signal: deps.signal,
    delays(failures, error) {
      if (!(error instanceof PlatformError) || !error.isRetryable) return undefined;
      return Math.max(backoffMs(failures, PAUSES), error.retryAfterMs ?? 0);
    },
    onRetry: (error, pauseMs) =>
      deps.log.warn({ error, pauseMs }, "discord: registering slash commands failed, retrying"),
  });

const hasTranslations = (commands: readonly ApplicationCommand[]) =>
  JSON.stringify(commands).includes("_localizations");

/** Makes Discord's list of slash commands the registry's, when it is another. @throws {PlatformError} */
async function registerCommands(
  { rest, log }: { readonly rest: DiscordRest; readonly log: Log },
  applicationId: string,
  wanted: readonly ApplicationCommand[],
): Promise<void> {
  const path = `/applications/${applicationId}/commands` as const;
  // Discord leaves translations out unless they are asked for.
  const withTranslations = hasTranslations(wanted) ? (`${path}?with_localizations=true` as const) : path;
  const current = parsed(registered, await rest.call("GET", withTranslations, { what }), what);
  // Discord's answer is only compared, never run.
  if (normalised(current as readonly Partial<ApplicationCommand>[]) === normalised(wanted)) return;
  await rest.call("PUT", path, { what, body: wanted });
  log.info({ commands: wanted.map(({ name }) => name) }, "discord: slash commands registered");
}
