import type { PlatformDefinition } from "../platform-definition.js";

/** Discord, through a bot account. */
export const discordPlatform: PlatformDefinition = {
  name: "discord",
  isConfigured: (config) => config.discord !== undefined,
  async create(deps) {
    const { createDiscord } = await import("./discord.js");
    return { platform: createDiscord(deps) };
  },
  async check({ config, clock }) {
    const { checkDiscord } = await import("./check-discord.js");
    const { discord, access } = config;
    return discord === undefined ? [] : checkDiscord({ discord, followThreads: access.followThreads, clock });
  },
};
