import { afterEach, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.js";
import { type BotProcess, startProcess } from "../support/bot-process.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { startThreePlatforms, type ThreePlatforms } from "../support/three-platforms.js";

const RETRY = "🔁 Retry";
const STOP = "⏹️ Stop";
const folder = temporaryFolder();
let openai: FakeOpenAi;
let platforms: ThreePlatforms;
let bot: BotProcess | undefined;
afterEach(async () => {
  await bot?.end("SIGKILL");
  await Promise.all([platforms.close(), openai.close()]);
  folder.remove();
});

it("after kill -9 every platform's answer says that it was interrupted, keeps its text, and can be had again; a Stop of before does no harm", {
  timeout: 90_000,
}, async () => {
  openai = await startFakeOpenAi({ models: ["gpt-5"] });
  platforms = await startThreePlatforms(systemClock.now, () => bot?.url ?? "");
  const start = async () => {
    bot = await startProcess(folder.path, {
      ...platforms.environment,
      OPENAI_API_KEY: FAKE_OPENAI_KEY,
      OPENAI_BASE_URL: openai.url,
    });
    const { url } = bot;
    await eventually("a start", async () => (await fetch(`${url}/readyz`)).ok && url !== "");
  };
  await start();
  const begun = [];
  for (const surface of platforms.surfaces) {
    const place = await surface.open();
    const next = openai.nextStream();
    const question = await place.ask("tell me");
    const stream = await next;
    stream.send("Half of it");
    await eventually("its text", async () => (await question.text()).includes("Half of it"));
    const stopOfBefore = await eventually("a Stop control", async () =>
      (await question.labels()).includes(STOP) ? question.hold(STOP) : undefined,
    );
    begun.push({ surface, place, question, stopOfBefore });
  }
  await bot?.end("SIGKILL");
  await start();
  for (const { surface, place, question, stopOfBefore } of begun) {
    await eventually(`an end on ${surface.name}`, async () => (await question.marks()).join("").startsWith("⚠"));
    expect(await question.text(), surface.name).toMatch(/^Half of it\n+⚠️ Interrupted by a restart\.$/);
    await stopOfBefore();
    if (surface.name === "Discord") {
      await eventually("a reply", async () => (await place.whispers()).includes("No answer is being written here."));
    }
    const next = openai.nextStream();
    await question.press(RETRY);
    const stream = await next;
    stream.send("All of it");
    stream.finish();
    await eventually(`an answer on ${surface.name}`, async () => (await question.marks()).join("") === "✅");
    expect(await question.text()).toContain("All of it");
  }
  expect(platforms.discord.rest.faults).toEqual([]);
});
