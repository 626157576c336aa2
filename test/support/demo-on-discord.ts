import type { FakeDiscord } from "./fake-discord.js";
import type { FakeMessage } from "./fake-discord-world.js";

/** The environment of a bot on a Discord of the test's own, which answers by the demo, as often as it is asked. */
export const demoOn = ({ token, url }: Pick<FakeDiscord, "token" | "url">) => ({
  DISCORD_TOKEN: token,
  DISCORD_API_URL: url,
  DEMO_PROVIDER: "on",
  USER_MESSAGES_PER_10_MIN: "0",
  CHANNEL_MESSAGES_PER_10_MIN: "0",
  PROVIDER_CONCURRENCY: "0",
});

const END_MARKS = ["✅", "⚠️", "❌"];

/** Whether a question bears its end mark. */
export const hasEnded = (discord: Pick<FakeDiscord, "marksOf">, question: FakeMessage): boolean =>
  discord.marksOf(question).some((mark) => END_MARKS.includes(mark));
