import { z } from "zod";
import { baseUrl, secret, type Variable } from "../../base/config/variables.js";

/** The largest bots have some thousands. */
const MAX_SHARDS = 16_384;

function shards(texts: Pick<Variable, "about" | "example">): Variable<number | undefined> {
  const fix = `must be auto, or a whole number from 1 to ${MAX_SHARDS}`;
  const schema = z
    .string()
    .regex(/^(auto|\d{1,6})$/i, fix)
    .transform((text) => (/^auto$/i.test(text) ? undefined : Number(text)))
    .refine((count) => count === undefined || (count >= 1 && count <= MAX_SHARDS), fix)
    .optional();
  return { ...texts, schema };
}

export const discordVariables = {
  DISCORD_TOKEN: secret("Discord bot token; turns the Discord platform on"),
  DISCORD_SHARDS: shards({
    about: "how many shards all replicas together run; auto: as many as Discord recommends",
    example: "auto",
  }),
  DISCORD_API_URL: baseUrl({ about: "REST base of the Discord API", example: "https://discord.com/api" }),
};

/** What the environment configures of Discord. */
export interface DiscordSettings {
  readonly token: string;
  readonly apiUrl: string | undefined;
  /** Undefined: as many as Discord recommends. */
  readonly shards: number | undefined;
}
