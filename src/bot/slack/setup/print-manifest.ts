import { cleanValue, type Environment } from "../../../base/config.js";
import { StartupError } from "../../../base/errors.js";
import { hostVariables } from "../../../base/host-variables.js";
import type { Command } from "../../../commands/command.js";
import type { CommandDeps } from "../../../commands/command-deps.js";
import { slackManifest } from "./manifest.js";

export interface PrintManifestDeps {
  readonly environment: Environment;
  createCommands(deps: CommandDeps): readonly Command[];
  print(line: string): void;
  complain(line: string): void;
}

const EXIT_FAULTY = 2;

/**
 * The sub-program `slack-manifest`: prints the app's manifest as JSON, before any token is there. HTTP where only a
 * signing secret is set, else Socket Mode. Returns the exit code.
 */
export function printManifest({ environment, createCommands, print, complain }: PrintManifestDeps): number {
  const { SLACK_COMMAND_PREFIX, FOLLOW_THREADS } = hostVariables;
  const prefix = SLACK_COMMAND_PREFIX.schema.safeParse(cleanValue(environment.SLACK_COMMAND_PREFIX));
  if (!prefix.success) {
    complain(`✗ SLACK_COMMAND_PREFIX: ${prefix.error.issues[0]?.message}`);
    return EXIT_FAULTY;
  }
  const isSet = (name: string) => cleanValue(environment[name]) !== undefined;
  // Only what the commands say of themselves is read; none is run.
  const commands = createCommands({} as CommandDeps);
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
    complain(`✗ ${error.message}`);
    return EXIT_FAULTY;
  }
}
