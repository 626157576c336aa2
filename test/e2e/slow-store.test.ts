import { afterAll, describe, expect, it } from "vitest";
import { startProcess } from "../support/bot-process.js";
import { layCable } from "../support/cable.js";
import { startFakeDiscord } from "../support/fake-discord.js";
import { FAKE_OPENAI_KEY, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { startPostgres } from "../support/postgres-server.js";
import { startRedis } from "../support/redis-server.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const ROUND_TRIP_MS = 500;
/** While the bot starts; its deadlines then leave room for a busy machine. */
const QUICK_ROUND_TRIP_MS = 200;
const QUESTIONS = process.env.SOAK ? 10 : 1;
/** On a busy machine a call may take longer than it may, whatever the line. */
const ATTEMPTS = process.env.SOAK ? 1 : 3;

const redis = await startRedis();
const postgres = await startPostgres();
const folder = temporaryFolder();
afterAll(async () => {
  await Promise.all([redis?.remove(), postgres?.remove()]);
  folder.remove();
});

const stores = [
  ["Redis", redis?.url],
  ["PostgreSQL", postgres?.url],
] as const;

describe.concurrent.each(stores.filter(([, url]) => url !== undefined))("a bot far from its %s", (_name, url = "") => {
  it("answers and runs commands, slowly, also on connections that are new", async () => {
    const openai = await startFakeOpenAi({ models: ["gpt-5"] });
    const discord = await startFakeDiscord({ identifyGapMs: 0 });
    const cable = await layCable(url);
    // A start has about twenty round trips in a row.
    cable.slow((process.env.SOAK ? ROUND_TRIP_MS : QUICK_ROUND_TRIP_MS) / 2);
    const bot = await startProcess(folder.path, {
      STORE_URL: cable.url,
      PLAYGROUND: "on",
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.url,
      OPENAI_API_KEY: FAKE_OPENAI_KEY,
      OPENAI_BASE_URL: openai.url,
    });
    try {
      const client = playgroundClient(bot.url);
      await eventually("readiness", async () => (await fetch(`${bot.url}/readyz`)).ok || undefined);
      cable.slow(ROUND_TRIP_MS / 2);
      const askAll = async (text: string) => {
        const question = discord.say(discord.general, discord.person("ada"), text, { naming: true });
        const [asked, status, usage, settings] = await Promise.all([
          client.ask("hello"),
          client.command("/models status"),
          client.command("/usage"),
          client.command("/settings footer on"),
          eventually("an end mark", () => discord.marksOf(question).find((mark) => "✅⚠️❌".includes(mark))),
        ]);
        expect(asked.question.marks).toEqual(["✅"]);
        expect(discord.marksOf(question)).toContain("✅");
        expect(status.text).toMatch(/openai/);
        expect(usage.text).toMatch(/question|answer|token|No model was used/i);
        expect(settings.text).toMatch(/footer|below/i);
        for (const reply of [status, usage, settings]) expect(reply.text).not.toMatch(/went wrong|The store failed/);
      };
      const askPatiently = (text: string, attempts = ATTEMPTS): Promise<void> =>
        askAll(text).catch((error) => {
          if (attempts === 1) throw error;
          return askPatiently(text, attempts - 1);
        });
      for (let round = 0; round < QUESTIONS; round++) await askPatiently(`hello ${round}`);
      expect(discord.answers().length).toBeGreaterThanOrEqual(QUESTIONS);
      // Every connection has to be made again, with all its round trips.
      cable.cut();
      cable.mend();
      await eventually("an answer", () => client.say("again").catch(() => undefined), 60_000).catch((error) => {
        throw new Error(`${error}: ${bot.log().slice(-4_000)}`);
      });
      expect(bot.log()).not.toContain("unhandled");
      expect(bot.process.exitCode).toBeNull();
    } finally {
      await bot.end("SIGKILL");
      await Promise.all([cable.close(), openai.close(), discord.close()]);
    }
  });
});
