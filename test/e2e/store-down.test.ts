import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type BotProcess, runProgram, startProcess } from "../support/bot-process.js";
import { settlesWithin } from "../support/bounded-time.js";
import { type Cable, layCable } from "../support/cable.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { POSTGRES_PASSWORD, startPostgres } from "../support/postgres-server.js";
import { REDIS_PASSWORD, startRedis } from "../support/redis-server.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const redis = await startRedis();
const postgres = await startPostgres();
const folder = temporaryFolder();
afterAll(async () => {
  await Promise.all([redis?.remove(), postgres?.remove()]);
  folder.remove();
});

const stores = [
  ["Redis", redis?.url, REDIS_PASSWORD],
  ["PostgreSQL", postgres?.url, POSTGRES_PASSWORD],
] as const;

describe.each(stores.filter(([, url]) => url !== undefined))(
  "a bot whose %s goes away",
  (_name, url = "", password) => {
    let openai: FakeOpenAi;
    let cable: Cable;
    let bot: BotProcess;
    let client: ReturnType<typeof playgroundClient>;
    beforeEach(async () => {
      openai = await startFakeOpenAi({ models: ["gpt-5"] });
      cable = await layCable(url);
      bot = await startProcess(folder.path, {
        STORE_URL: cable.url,
        OPENAI_API_KEY: FAKE_OPENAI_KEY,
        OPENAI_BASE_URL: openai.url,
        LOG_LEVEL: "debug",
      });
      client = playgroundClient(bot.url);
      await eventually("the list", async () => (await client.models()).models.length > 0 || undefined);
    });
    afterEach(async () => {
      await bot.end("SIGKILL");
      await cable.close();
      await openai.close();
    });

    it.each(["cut", "freeze"] as const)(
      "serves the lists in memory (%s), goes on by itself when it is back, and says no secret",
      async (harm) => {
        expect((await client.ask("before")).question.marks).toEqual(["✅"]);
        cable[harm]();
        const read = () => Promise.all([client.models(), client.status()]);
        await vi.waitFor(async () => expect(await settlesWithin(500, read())).toBe(true), { timeout: 20_000 });
        const [{ models }, { providers }] = await read();
        expect(models.map(({ id }) => id)).toEqual(["gpt-5"]);
        expect(providers).toMatchObject([{ id: "openai", outcome: "ok", models: 1 }]);
        const saying = client.say("meanwhile");
        expect(await settlesWithin(2500, saying)).toBe(true);
        await expect(saying).rejects.toThrow(/^5\d\d/);

        cable.mend();
        // On a busy machine a call to the store may still take longer than it may.
        await eventually(
          "an answer",
          async () => (await client.ask("again").catch(() => undefined))?.question.marks.includes("✅"),
          60_000,
        );
        expect(bot.process.exitCode).toBeNull();
        expect(await bot.end("SIGTERM")).toBe(0);
        expect(bot.log()).not.toContain(password);
        expect(bot.log()).not.toContain("unhandled promise rejection");
      },
    );

    it("is refused by name at its start, and by the doctor, without the password", async () => {
      cable.cut();
      const environment = { STORE_URL: cable.url };
      const started = await runProgram(folder.path, [], environment);
      expect(started.code).toBe(2);
      expect(started.stderr).toMatch(/✗ STORE_URL: cannot reach \w+ at 127\.0\.0\.1:\d+ /);
      const examined = await runProgram(folder.path, ["doctor"], environment);
      expect(examined.code).toBe(1);
      expect(examined.stdout).toMatch(/✗ store: STORE_URL: cannot reach/);
      cable.mend();
      const mended = await runProgram(folder.path, ["doctor"], environment);
      expect(mended.stdout).toMatch(/✓ store: \w+:\/\/127\.0\.0\.1:\d+\S* opens/);
      for (const { stdout, stderr } of [started, examined, mended]) expect(stdout + stderr).not.toContain(password);
    });
  },
);
