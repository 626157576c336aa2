import { define } from "../../base/config/config.js";
import type { PlatformDefinition, PlatformSetup } from "../port/platform-definition.js";
import { discordVariables } from "./variables.js";

/** Discord, through a bot account. Its SDK is loaded only where it is configured. */
export const discordPlatform: PlatformDefinition = {
  name: "Discord",
  ...define({
    id: "discord",
    variables: discordVariables,
    configure({ DISCORD_TOKEN: token, DISCORD_API_URL: apiUrl, DISCORD_SHARDS: shards }): readonly PlatformSetup[] {
      if (token === undefined) return [];
      const discord = { token, apiUrl, shards };
      const load = () => import("./discord.js");
      return [
        {
          id: "discord",
          key: token,
          baseUrl: apiUrl,
          load,
          async create(deps) {
            const { createDiscord } = await load();
            return createDiscord({ ...deps, discord });
          },
          async checkReplicas(store) {
            const { checkShards } = await import("./gateway/shards/shard-rows.js");
            return checkShards(store, token);
          },
          async check({ config, clock }) {
            const { checkDiscord } = await import("./setup/check-discord.js");
            return checkDiscord({ discord, followThreads: config.access.followThreads, clock });
          },
        },
      ];
    },
  }),
};
