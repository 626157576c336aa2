import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { framesBetween, readLog } from "../../bench/write-ahead-log.mjs";
import { startProcess } from "../support/bot-process.js";
import { startFakeDiscord } from "../support/fake-discord.js";
import { eventually } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const WARM = 2;
const TURNS = 10;
const WAIT_MS = 60_000;
/** Heartbeats, leases and the like, on a machine as slow as may be. */
const OTHERS = 8;

const folder = temporaryFolder();
afterAll(folder.remove);

it("a question and its answer are three transactions", async () => {
  const discord = await startFakeDiscord({ identifyGapMs: 0 });
  const channel = discord.addChannel("general");
  const bot = await startProcess(folder.path, { DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.url });
  try {
    await eventually("a session", () => discord.gateway.counts.identifies > 0 && discord.gateway.connected(), WAIT_MS);
    const person = discord.person("ada");
    const ask = async (turns: number) => {
      for (let turn = 0; turn < turns; turn++) {
        const asked = discord.say(channel, person, "hello", { naming: true });
        await eventually("an end", () => discord.marksOf(asked).includes("✅"), WAIT_MS);
      }
    };
    await ask(WARM);
    const log = join(folder.path, "data/evergreen.sqlite-wal");
    const before = readLog(log);
    await ask(TURNS);
    const transactions = framesBetween(before, readLog(log)).filter(({ isEnd }) => isEnd).length;
    expect(transactions).toBeGreaterThan(TURNS);
    expect(transactions).toBeLessThanOrEqual(3 * TURNS + OTHERS);
  } finally {
    await bot.end("SIGKILL");
    await discord.close();
  }
});
