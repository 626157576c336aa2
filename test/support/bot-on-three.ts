import { FAKE_ANTHROPIC_KEY, startFakeAnthropic } from "./fake-anthropic.js";
import { fakeClock } from "./fake-clock.js";
import { FAKE_OPENAI_KEY, startFakeOpenAi } from "./fake-openai.js";
import type { FakeVendor } from "./fake-vendor.js";
import { eventually, playgroundClient } from "./playground-client.js";
import { startBot } from "./start-bot.js";
import { temporaryFolder } from "./temporary-folder.js";
import { type Place, type Question, startThreePlatforms } from "./three-platforms.js";

export type BotOnThree = Awaited<ReturnType<typeof startBotOnThree>>;

const END_MARKS = ["✅", "⚠", "❌"];
const bare = (emoji: string) => emoji.replace("\ufe0f", "");

/** One bot on three platforms with two providers, the real SDKs on both sides, and a clock that is turned. */
export async function startBotOnThree() {
  const clock = fakeClock();
  const folder = temporaryFolder();
  const openai = await startFakeOpenAi({ models: ["gpt-5", "gpt-5-mini"] });
  const anthropic = await startFakeAnthropic({ models: ["claude-sonnet-5"] });
  const platforms = await startThreePlatforms(clock.now, () => bot.url);

  /** Turns the bot's time in small steps until `read` gives something. */
  const until = async <T>(what: string, read: () => Promise<T | undefined | false>, stepMs = 50): Promise<T> =>
    eventually(what, async () => {
      const found = await read();
      if (found !== undefined && found !== false) return found as T;
      await clock.advance(stepMs);
      return undefined;
    });
  const turning = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    await until("an end", async () => isOver || undefined, 200);
    return over;
  };
  const isReady = async () => {
    const { ready } = (await (await fetch(`${bot.url}/readyz`)).json()) as { ready: boolean };
    return ready && platforms.discord.commands.list.length > 0;
  };
  const start = startBot(
    folder.path,
    {
      ...platforms.environment,
      OPENAI_API_KEY: FAKE_OPENAI_KEY,
      OPENAI_BASE_URL: openai.url,
      ANTHROPIC_API_KEY: FAKE_ANTHROPIC_KEY,
      ANTHROPIC_BASE_URL: anthropic.url,
    },
    clock,
  );
  let bot = await turning(start);
  await until("a start", isReady);
  // The clock may have turned faster than the first lists came: what was given up then is fetched again.
  await eventually("the lists", async () => {
    const { providers } = await playgroundClient(bot.url).status();
    if (providers.every(({ outcome }) => outcome === "ok")) return true;
    await bot.run(10_000);
    return undefined;
  });

  return {
    clock,
    openai,
    anthropic,
    platforms,
    folder: folder.path,
    url: () => bot.url,
    until,
    log: () => bot.log,
    /** A conversation of its own on the platform of this number: Discord, Slack, the playground. */
    async open(index: number): Promise<Place> {
      const place = await platforms.surfaces[index]?.open();
      if (place === undefined) throw new Error("there is no such platform");
      return place;
    },
    /** Asks, and takes the provider's side of the answer. */
    async begin(place: Place, text = "tell me", vendor: FakeVendor<never> = openai) {
      const next = vendor.nextStream();
      const question = await place.ask(text);
      return { question, stream: await turning(next) };
    },
    /** The provider's side of the next answer, once `set` has set it off. */
    async streamOf(set: () => Promise<void>, vendor: FakeVendor<never> = openai) {
      const next = vendor.nextStream();
      await set();
      return turning(next);
    },
    /** What there is to see once the question has its end mark. */
    async ended(question: Question, stepMs = 50) {
      const mark = await until(
        "an end mark",
        async () => {
          const [only = "", ...others] = (await question.marks()).map(bare);
          return others.length === 0 && END_MARKS.includes(only) && only;
        },
        stepMs,
      );
      return { mark, text: await question.text(), labels: await question.labels() };
    },
    shows: (question: Question, words: string) =>
      until(`"${words}"`, async () => (await question.text()).includes(words)),
    /** The first whisper that says this. */
    whispered: (place: Place, words: string | RegExp) =>
      until(`a whisper of ${words}`, async () =>
        (await place.whispers()).find((text) => (typeof words === "string" ? text.includes(words) : words.test(text))),
      ),
    /** Turns the clock and ticks as the schedule does, so that what is due is refreshed and sent. */
    run: (ms: number) => bot.run(ms),
    async restart() {
      bot = await turning(bot.restart());
      await until("a start", isReady);
    },
    async close() {
      await turning(bot.stop(0));
      await Promise.all([platforms.close(), openai.close(), anthropic.close()]);
      folder.remove();
    },
  };
}
