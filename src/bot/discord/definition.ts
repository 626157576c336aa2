import type { PlatformDefinition } from "../port/platform-definition.js";

/** Discord, through a bot account. */
export const discordPlatform: PlatformDefinition = {
  name: "discord",
  isConfigured: (config) => config.discord !== undefined,
  async create(deps) {
    const { createDiscord } = await import("./discord.js");
    return createDiscord(deps);
  },
  async check({ config, clock }) {
    const { checkDiscord } = await import("./setup/check-discord.js");
    const { discord, access } = config;
    return discord === undefined ? [] : checkDiscord({ discord, followThreads: access.followThreads, clock });
  },
};
