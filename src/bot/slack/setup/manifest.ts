import { cleanValue } from "../../../base/config/config.js";
import { hostVariables } from "../../../base/config/host-variables.js";
import { StartupError } from "../../../base/errors.js";
import type { Command } from "../../../commands/command.js";
import type { CommandDeps } from "../../../commands/command-deps.js";
import { createLanguages } from "../../../languages/languages.js";
import { type Phrase, phrase } from "../../../languages/translate.js";
import type { ProgramDeps } from "../../port/platform-definition.js";
import { slackVariables } from "../variables.js";
import { eventsOf, SHORTCUTS, suggestedPrompts } from "../wire/app-features.js";
import { createSlashNames } from "../wire/slash-names.js";

export interface ManifestOptions {
  readonly commands: readonly Pick<Command, "path" | "about" | "options">[];
  /** SLACK_COMMAND_PREFIX. */
  readonly prefix: string;
  /** `http` needs the public address that Slack shall call, with its path: "https://bot.example.com/slack/events". */
  readonly transport: "socket" | "http";
  readonly requestUrl?: string;
  /** FOLLOW_THREADS: then Slack has to send what people write in channels. */
  readonly followThreads?: boolean;
}

/** Stands in the manifest until the operator writes the address of their own there. */
const REQUEST_URL = "https://YOUR-ADDRESS.example/slack/events";
const ABOUT = "Answers with any provider's models, and keeps its list of them fresh";
const MAX_HINT_CHARS = 1_000;
const MAX_ABOUT_CHARS = 2_000;

/** The app as Slack creates it from JSON. @throws {StartupError} for a command that Slack would not take */
export function slackManifest(options: ManifestOptions): Record<string, unknown> {
  const { commands, prefix, transport, requestUrl = REQUEST_URL, followThreads = false } = options;
  const names = createSlashNames(commands, prefix);
  const fault = names.fault();
  if (fault !== undefined) throw new StartupError(fault);
  const url = transport === "http" ? requestUrl : undefined;
  return {
    _metadata: { major_version: 2, minor_version: 1 },
    display_information: {
      name: "Evergreen",
      description: ABOUT,
      background_color: "#1f5c3a",
    },
    features: {
      agent_view: { agent_description: ABOUT, suggested_prompts: suggestedPrompts() },
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: false },
      bot_user: { display_name: "Evergreen", always_online: true },
      shortcuts: SHORTCUTS.map(({ id, name, about }) => ({
        type: "message",
        name,
        callback_id: id,
        description: about,
      })),
      slash_commands: names.roots.map((root) => ({
        command: names.slashOf(root),
        description: describe(commands, root).slice(0, MAX_ABOUT_CHARS),
        ...hintOf(commands, root),
        should_escape: takesMentions(commands, root),
        ...(url === undefined ? {} : { url }),
      })),
    },
    oauth_config: { scopes: { bot: SCOPES } },
    settings: {
      event_subscriptions: {
        ...(url === undefined ? {} : { request_url: url }),
        bot_events: eventsOf(followThreads),
      },
      interactivity: {
        is_enabled: true,
        ...(url === undefined ? {} : { request_url: url, message_menu_options_url: url }),
      },
      org_deploy_enabled: false,
      socket_mode_enabled: transport === "socket",
      token_rotation_enabled: false,
    },
  };
}

type Listed = ManifestOptions["commands"];

const under = (commands: Listed, root: string) => commands.filter(({ path }) => path.split(" ")[0] === root);

/** Slack writes a mention with its id only where it escapes what was typed, and then writes links with brackets too. */
const takesMentions = (commands: readonly Pick<Command, "path" | "options">[], root: string): boolean =>
  commands.some(
    ({ path, options }) => path.split(" ")[0] === root && Object.values(options).some((option) => option.takesMentions),
  );

/** A command of its own tells what it does, a group what there is: its hint says how. */
function describe(commands: Listed, root: string): string {
  const own = under(commands, root);
  if (own.length === 1 && own[0]?.path === root) return own[0].about;
  return `Everything about ${root}: ${own.flatMap(({ path }) => path.split(" ").slice(1)).join(", ")}`;
}

function hintOf(commands: Listed, root: string): { readonly usage_hint?: string } {
  const own = under(commands, root);
  const usages = own.map(({ path, options }) =>
    [
      ...path.split(" ").slice(1),
      ...Object.entries(options).map(([name, { isRequired }]) => (isRequired ? name.toUpperCase() : `[${name}]`)),
    ].join(" "),
  );
  const hint = usages
    .filter((usage) => usage !== "")
    .join(" | ")
    .slice(0, MAX_HINT_CHARS);
  return hint === "" ? {} : { usage_hint: hint };
}

const EXIT_FAULTY = 2;

/**
 * The sub-program `slack-manifest`: prints the app's manifest as JSON, before any token is there. HTTP where only a
 * signing secret is set, else Socket Mode. Returns the exit code.
 */
export function printManifest({ readEnvironment, createCommands, print, printError }: ProgramDeps): number {
  const environment = readEnvironment();
  const { SLACK_COMMAND_PREFIX } = slackVariables;
  const { FOLLOW_THREADS } = hostVariables;
  const prefix = SLACK_COMMAND_PREFIX.schema.safeParse(cleanValue(environment.SLACK_COMMAND_PREFIX));
  if (!prefix.success) {
    printError(`✗ SLACK_COMMAND_PREFIX: ${prefix.error.issues[0]?.message}`);
    return EXIT_FAULTY;
  }
  const isSet = (name: string) => cleanValue(environment[name]) !== undefined;
  // Only what the commands say of themselves is read; none is run.
  const commands = createCommands({ languages: createLanguages() } as CommandDeps);
  try {
    const manifest = slackManifest({
      commands,
      prefix: prefix.data,
      transport: isSet("SLACK_SIGNING_SECRET") && !isSet("SLACK_APP_TOKEN") ? "http" : "socket",
      followThreads: FOLLOW_THREADS.schema.safeParse(cleanValue(environment.FOLLOW_THREADS)).data ?? false,
    });
    print(JSON.stringify(manifest, null, 2));
    return 0;
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    printError(`✗ ${error.message}`);
    return EXIT_FAULTY;
  }
}

/** What each scope of the app is for; each is used by a call or an event, and what is missing is missed so. */
export const SCOPE_USES: Readonly<Record<string, Phrase>> = {
  "app_mentions:read": phrase`to see mentions`,
  "assistant:write": phrase`the status, titles and prompts of the agent container`,
  "channels:history": phrase`to read threads that it is called into, its own unfinished answers, and what was
    asked while it was away`,
  "channels:read": phrase`the names of channels that a message mentions, and first questions there that came
    while it was away`,
  "chat:write": phrase`to answer`,
  commands: phrase`slash commands and message shortcuts`,
  "files:read": phrase`to read files that people put beside a question`,
  "files:write": phrase`to send an exported conversation`,
  "groups:history": phrase`like channels:history, for private channels`,
  "groups:read": phrase`like channels:read, for private channels`,
  "im:history": phrase`to see direct messages, also those that came while it was away`,
  "im:read": phrase`to find a first direct message that came while it was away`,
  "im:write": phrase`to send an exported conversation by direct message`,
  "mpim:history": phrase`to see group direct messages`,
  "mpim:read": phrase`like im:read, for group direct messages`,
  "reactions:read": phrase`to see who presses the status message's reactions`,
  "reactions:write": phrase`the marks on questions`,
  "usergroups:read": phrase`access by user groups, and their names in messages`,
  "users:read": phrase`names, and who may change settings`,
};

export const SCOPES: readonly string[] = Object.keys(SCOPE_USES);
