import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { startProcess } from "../support/bot-process.js";
import { startFakeDiscord } from "../support/fake-discord.js";
import { eventually } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const SERVERS = process.env.SOAK ? 1_000 : 50;

describe("a bot in many Discord servers", () => {
  it(`answers in the last of ${SERVERS}, within its memory, and reports how soon`, async () => {
    const folder = temporaryFolder();
    const discord = await startFakeDiscord({ identifyGapMs: 0, otherServers: SERVERS });
    const startedAt = performance.now();
    const bot = await startProcess(folder.path, {
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.url,
      DEMO_PROVIDER: "on",
    });
    try {
      await eventually("readiness", async () => (await fetch(`${bot.url}/readyz`)).ok, 60_000);
      const readyMs = performance.now() - startedAt;
      const question = discord.say(discord.general, discord.person("ada"), "hello", { naming: true });
      await eventually("an answer", () => discord.marksOf(question).includes("✅"), 60_000);
      expect(discord.answers()).toHaveLength(1);
      const { VmRSS = "0" } =
        process.platform === "linux"
          ? { VmRSS: /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${bot.process.pid}/status`, "utf8"))?.[1] }
          : {};
      const memoryMb = Math.round(Number(VmRSS) / 1_024);
      console.info(`${SERVERS} servers: ready after ${(readyMs / 1_000).toFixed(1)} s, ${memoryMb} MB`);
      expect(memoryMb).toBeLessThan(400);
    } finally {
      await bot.end("SIGKILL");
      await discord.close();
      folder.remove();
    }
  }, 120_000);
});
