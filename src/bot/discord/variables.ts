import { baseUrl, secret } from "../../base/config/variables.js";

export const discordVariables = {
  DISCORD_TOKEN: secret("Discord bot token; turns the Discord platform on"),
  DISCORD_API_URL: baseUrl({ about: "REST base of the Discord API", example: "https://discord.com/api" }),
};

/** What the environment configures of Discord. */
export interface DiscordSettings {
  readonly token: string;
  readonly apiUrl: string | undefined;
}
