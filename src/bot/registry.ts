import { discordPlatform } from "./discord/definition.js";
import type { PlatformDefinition } from "./port/platform-definition.js";
import { slackPlatform } from "./slack/definition.js";
import { playgroundPlatform } from "./web/playground/definition.js";

/** Every surface that the bot can answer on. The playground comes last: it is on where nothing else is configured. */
export const platformDefinitions: readonly PlatformDefinition[] = [discordPlatform, slackPlatform, playgroundPlatform];
