import { discordPlatform } from "./discord/definition.js";
import type { PlatformDefinition } from "./platform-definition.js";
import { playgroundPlatform } from "./playground/definition.js";
import { slackPlatform } from "./slack/definition.js";

/** Every surface that the bot can answer on. */
export const platformDefinitions: readonly PlatformDefinition[] = [discordPlatform, playgroundPlatform, slackPlatform];
