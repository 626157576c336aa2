import { cleanValue } from "../../../base/config/config.js";
import { hostVariables } from "../../../base/config/host-variables.js";
import { StartupError } from "../../../base/errors.js";
import type { CommandDeps } from "../../../commands/command-deps.js";
import { createLanguages } from "../../../languages/languages.js";
import type { ProgramDeps } from "../../port/platform-definition.js";
import { slackVariables } from "../variables.js";
import { slackManifest } from "./manifest.js";

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
