// What `npm run bench -- walk` measures: the bot and the fakes of the test suite in one process, and what happens there.
import { fakeClock } from "./fake-clock.js";
import { FAKE_OPENAI_KEY, startFakeOpenAi } from "./fake-openai.js";
import { eventually } from "./playground-client.js";
import { startBot } from "./start-bot.js";
import { temporaryFolder } from "./temporary-folder.js";
import { startThreePlatforms } from "./three-platforms.js";

/** Turns of the clock are followed by this much real time, in which loopback and SQLite answer. */
const BREATH_MS = 10;
const STEP_MS = 100;
/** The model thinks so long that a typing indicator is worth it, and writes long enough for several edits. */
const THINK_MS = 4_000;
const WORDS = 20;
const WORD_EVERY_MS = 200;
/** What follows the end mark is over by then. */
const AFTER_MS = 1_000;
/** With the rest before each round more than the default interval of a refresh, 5 minutes, but not hours more. */
const UNTIL_DUE_MS = 395_000;
const isEndMark = (mark: string) => /^(✅|white_check_mark)/.test(mark);

type World = Awaited<ReturnType<typeof startWorld>>;

/** The bot on Discord and Slack with one provider, on a clock that only moves when it is turned. */
export async function startWorld() {
  const clock = fakeClock();
  const folder = temporaryFolder();
  const openai = await startFakeOpenAi({ models: ["gpt-5", "gpt-5-mini"] });
  const platforms = await startThreePlatforms(clock.now, () => bot.url);
  const turn = async (ms: number) => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await clock.advance(Math.min(left, STEP_MS));
      await new Promise((done) => setTimeout(done, BREATH_MS));
    }
  };
  /** Turns the clock until `read` gives something. */
  const until = <T>(what: string, read: () => Promise<T | undefined | false> | T | undefined | false) =>
    eventually(what, async () => {
      const found = await read();
      if (found === undefined || found === false) await turn(STEP_MS);
      return found;
    });
  const turning = async <T>(work: Promise<T>) => {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    await until("an end", () => isOver);
    return over;
  };
  const keys = { OPENAI_API_KEY: FAKE_OPENAI_KEY, OPENAI_BASE_URL: openai.url };
  const bot = await turning(startBot(folder.path, { ...platforms.environment, ...keys }, clock));
  const isReady = async () => (await fetch(`${bot.url}/readyz`)).ok;
  await until("a start", async () => platforms.discord.commands.list.length > 0 && (await isReady()));
  return {
    bot,
    clock,
    openai,
    discord: platforms.discord,
    slack: platforms.slack,
    turn,
    until,
    turning,
    async close() {
      await turning(bot.stop(0));
      await Promise.all([platforms.close(), openai.close()]);
      folder.remove();
    },
  };
}

/** Asks, streams an answer, and waits for its end mark. `ask` returns how to read the bot's marks on the question. */
async function converse({ openai, turn, turning, until }: World, ask: () => () => readonly string[]) {
  const next = openai.nextStream();
  const marks = ask();
  const stream = await turning(next);
  await turn(THINK_MS);
  for (let index = 0; index < WORDS; index++) {
    stream.send(`word${index} `);
    await turn(WORD_EVERY_MS);
  }
  stream.finish();
  await until("an end mark", () => marks().length === 1 && marks().every(isEndMark));
  await turn(AFTER_MS);
}

interface Flow {
  readonly flow: string;
  readonly target: { readonly files: number; readonly functions: number };
  prepare(world: World): { before?(): Promise<void>; run(): Promise<void> };
}

/** As long as a mention takes. */
const IDLE_MS = THINK_MS + WORDS * WORD_EVERY_MS + AFTER_MS;

/** `prepare` gets the flow's world; of what it returns, `run` is measured and `before` is not. */
export const FLOWS: readonly Flow[] = [
  {
    flow: "discord mention",
    target: { files: 70, functions: 350 },
    prepare(world) {
      const { discord } = world;
      const person = discord.person("ada");
      const channel = discord.addChannel("walk");
      const run = () =>
        converse(world, () => {
          const asked = discord.say(channel, person, "tell me", { naming: true });
          return () => discord.marksOf(asked);
        });
      return { run };
    },
  },
  {
    flow: "slack mention",
    target: { files: 75, functions: 400 },
    prepare(world) {
      const { slack } = world;
      const channel = "C0WALK";
      slack.workspace.channels.set(channel, { isArchived: false, hasBot: true });
      const run = () =>
        converse(world, () => {
          const { ts } = slack.mentionSoon("tell me", { channel });
          return () => slack.marksOf(channel, ts);
        });
      return { run };
    },
  },
  {
    flow: "due tick",
    target: { files: 35, functions: 160 },
    prepare: ({ bot, openai, turn, clock }) => ({
      before: () => clock.advance(UNTIL_DUE_MS),
      async run() {
        const before = openai.listRequests();
        await bot.tick();
        await turn(AFTER_MS);
        if (openai.listRequests() !== before + 1) throw new Error("the tick was to fetch one list");
      },
    }),
  },
  {
    flow: "discord /settings auto-refresh interval:smart",
    target: { files: 82, functions: 289 },
    prepare({ discord, turn, until }) {
      const person = discord.person("ada", { isManager: true });
      const channel = discord.addChannel("walk");
      const run = async () => {
        const smart = { type: 3, name: "interval", value: "smart" };
        const { replies } = discord.slash(channel, person, "settings auto-refresh", [smart]);
        await until("a reply", () => replies.some(({ content }) => content.startsWith("Saved.")));
        await turn(AFTER_MS);
      };
      return { run };
    },
  },
  {
    flow: "nothing, for as long as a mention takes",
    target: { files: 0, functions: 0 },
    prepare: ({ turn }) => ({ run: () => turn(IDLE_MS) }),
  },
];
