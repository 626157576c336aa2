import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.js";
import { type BotProcess, startProcess } from "../../support/bot-process.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../support/fake-openai.js";
import { type Inspector, inspect } from "../../support/inspector.js";
import { eventually } from "../../support/playground-client.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { startThreePlatforms, type ThreePlatforms } from "../../support/three-platforms.js";
import { createFaults, startVendor } from "./faults.js";
import { createPeople } from "./people.js";
import { slopePerHour } from "./slope.js";

const MINUTE_MS = 60_000;
const MINUTES = Number(process.env.SOAK_MINUTES ?? 10);
/** Of talk and faults, before everything is left alone and measured. */
const ROUND_MS = 20_000;
/** Connections that are kept for a next call are closed after it. */
const REST_MS = 6_000;
/** Caches fill and code is compiled meanwhile. */
const WARM_UP_SHARE = 0.3;
const MAX_SLOPE_MB = 2;
const HANDLES_SLACK = 5;
/** The fewest of so many counts: a connection may be just made, or stay a moment longer on a busy machine. */
const HANDLE_COUNTS = 3;
const HANDLE_GAP_MS = 2_000;
const MB = 1024 * 1024;

/** V8 would compile, and throw away, code for the whole ten minutes; a leak is not made of that. */
const STEADY_CODE = ["--no-opt", "--no-sparkplug", "--no-lazy-feedback-allocation", "--no-flush-bytecode"];

interface Sample {
  readonly atMs: number;
  /** After a garbage collection. */
  readonly heapMb: number;
  readonly rssMb: number;
  readonly handles: number;
}

const folder = temporaryFolder();
let openai: FakeOpenAi;
let platforms: ThreePlatforms;
let bot: BotProcess | undefined;
let inspector: Inspector | undefined;
afterEach(async () => {
  await bot?.end("SIGKILL");
  await Promise.all([platforms?.close(), openai?.close()]);
  folder.remove();
});

async function measure(pid: number, startedAt: number): Promise<Sample> {
  const heapMb = ((await inspector?.heapBytes()) ?? 0) / MB;
  const rssKb = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  let handles = Number.POSITIVE_INFINITY;
  for (let count = 0; count < HANDLE_COUNTS; count++) {
    handles = Math.min(handles, readdirSync(`/proc/${pid}/fd`).length);
    await new Promise((resolve) => setTimeout(resolve, HANDLE_GAP_MS));
  }
  return { atMs: Date.now() - startedAt, heapMb, rssMb: rssKb / 1024, handles };
}

const isOn = process.env.SOAK !== undefined && process.platform === "linux";
it.runIf(isOn)(
  "a bot on three surfaces stays as large as it is under faults that never end",
  {
    timeout: (2 * MINUTES + 5) * MINUTE_MS,
  },
  async () => {
    openai = await startFakeOpenAi({ models: ["gpt-5", "gpt-5-mini"] });
    platforms = await startThreePlatforms(systemClock.now, () => bot?.url ?? "");
    const vendor = startVendor(openai);
    const database = join(folder.path, "bot.sqlite");
    bot = await startProcess(
      folder.path,
      {
        ...platforms.environment,
        OPENAI_API_KEY: FAKE_OPENAI_KEY,
        OPENAI_BASE_URL: openai.url,
        DEMO_PROVIDER: "on",
        DEFAULT_MODEL: "openai/gpt-5",
        STORE_URL: `sqlite://${database}`,
        REFRESH_INTERVAL_SECONDS: "60",
        CHAT_TIMEOUT_SECONDS: "10",
      },
      ["--inspect=127.0.0.1:0", ...STEADY_CODE],
    );
    const { url, process: child, log } = bot;
    const isReady = async () => (await fetch(`${url}/readyz`)).ok || undefined;
    await eventually("a start", isReady);
    inspector = await inspect(log());
    const faults = createFaults({ openai, platforms, database, url });
    const people = platforms.surfaces.map(createPeople);

    const startedAt = Date.now();
    const samples: Sample[] = [];
    while (Date.now() - startedAt < MINUTES * MINUTE_MS) {
      const endsAt = Date.now() + ROUND_MS;
      const isOver = () => Date.now() > endsAt;
      const talk = Promise.all(people.map((each) => each.talk(isOver)));
      await faults.inject(isOver);
      vendor.endHanging();
      const quick = setInterval(() => vendor.endHanging(), 500);
      await talk;
      clearInterval(quick);
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      await eventually("readiness", isReady, 2 * MINUTE_MS);
      expect(child.exitCode).toBe(null);
      samples.push(await measure(child.pid ?? 0, startedAt));
    }
    await Promise.all(people.map((each) => each.close()));
    await inspector.close();
    const code = await bot.end("SIGTERM");

    const warm = samples.filter(({ atMs }) => atMs > WARM_UP_SHARE * MINUTES * MINUTE_MS);
    const slope = slopePerHour(warm.map(({ atMs, heapMb }) => [atMs, heapMb]));
    const handles = warm.map((sample) => sample.handles).sort((a, b) => a - b);
    const tallies = people.map(({ tally }) => tally);
    console.log(
      JSON.stringify({
        minutes: MINUTES,
        samples: warm.length,
        heapMb: [warm[0]?.heapMb, warm.at(-1)?.heapMb],
        heapMbPerHour: slope,
        rssMb: [warm[0]?.rssMb, warm.at(-1)?.rssMb, Math.max(...samples.map(({ rssMb }) => rssMb))],
        handles: [handles[0], handles.at(-1)],
        people: tallies.map(({ unended, ...rest }) => ({ ...rest, unended: unended.length })),
        vendor: vendor.tally,
        faults: faults.tally,
      }),
    );
    const fatal = log()
      .split("\n")
      .filter((line) => /unhandled|uncaught|"level":60/i.test(line));
    expect(fatal).toEqual([]);
    expect(code).toBe(0);
    expect(platforms.discord.rest.faults).toEqual([]);
    for (const { surface, unended, asked } of tallies) {
      expect(unended, surface).toEqual([]);
      expect(asked, surface).toBeGreaterThan(MINUTES);
    }
    expect(slope.perHour - 2 * slope.error, "MB an hour").toBeLessThanOrEqual(MAX_SLOPE_MB);
    const middle = handles[handles.length >> 1] ?? 0;
    for (const count of handles) expect(Math.abs(count - middle)).toBeLessThanOrEqual(HANDLES_SLACK);
  },
);
