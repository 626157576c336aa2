import type { PlatformDefinition } from "./platform-definition.js";
import { playgroundPlatform } from "./playground/definition.js";

/** Every surface that the bot can answer on. */
export const platformDefinitions: readonly PlatformDefinition[] = [playgroundPlatform];
