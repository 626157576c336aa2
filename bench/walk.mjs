// How many files and functions of the bot one event runs through: `node bench/walk.mjs [--list]` prints one JSON line a
// flow; with --list the files follow, each after the number of its functions that ran.
//
// A function counts when V8's precise coverage saw it called between the moment before the event and the end of what
// the event set off. The source is compiled as for production and runs in the end-to-end world of the tests: real SDKs,
// fakes on loopback, SQLite, and a clock that only moves when it is turned, so that the refresh schedule never beats.
// Each flow has a world of its own. `first` is its first round, which also pays what a process does once. `files` and
// `functions` are those of the later round with the fewest functions: a heartbeat may fall into any of them.
// Left out: Node.js, libraries, worker threads, and the top level of modules, as everything is imported beforehand.
// A test runner that rewrites imports counts about a fifth more, as each use of an export calls a getter there.
import { Session } from "node:inspector/promises";
import { compileBot, startWorld } from "./walk-world.mjs";

const ROUNDS = 4;
/** The model thinks so long that a typing indicator is worth it, and writes long enough for several edits. */
const THINK_MS = 4_000;
const WORDS = 20;
const WORD_EVERY_MS = 200;
/** What follows the end mark is over by then. */
const AFTER_MS = 1_000;
const REST_MS = 5_000;
/** With the rest before each round more than the default interval of a refresh, 5 minutes, but not hours more. */
const UNTIL_DUE_MS = 395_000;
const isEndMark = (mark) => /^(✅|white_check_mark)/.test(mark);

/** Asks, streams an answer, and waits for its end mark. `ask` returns how to read the bot's marks on the question. */
async function converse({ openai, turn, turning, until }, ask) {
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

/** `prepare` gets the flow's world; of what it returns, `run` is measured and `before` is not. */
const FLOWS = [
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
];

/** The functions that ran since it was last asked, by source file. */
async function takeCoverage(session, sourceOf) {
  const { result } = await session.post("Profiler.takePreciseCoverage");
  const ran = result.map(({ url, functions }) => [
    sourceOf(url),
    functions.filter(({ ranges }) => ranges[0].count > 0),
  ]);
  return new Map(
    ran
      .filter(([source, functions]) => source !== undefined && functions.length > 0)
      .map(([source, functions]) => [source, functions.length]),
  );
}

const totals = (touched) => ({
  files: touched.size,
  functions: [...touched.values()].reduce((total, count) => total + count, 0),
});

/** What each round of a flow touched, the first one first. */
async function walk({ prepare }, support, take) {
  const world = await startWorld(support);
  const { before = () => {}, run } = prepare(world);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    await before();
    await world.turn(REST_MS);
    await take();
    await run();
    rounds.push(await take());
  }
  await world.close();
  return rounds;
}

function list(touched) {
  for (const [file, functions] of [...touched].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(functions).padStart(6)}  ${file}`);
}

const isListing = process.argv.includes("--list");
const compiled = compileBot();
try {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  // Before the bot is imported: V8 does not count calls of what it has optimized by then.
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  const support = await compiled.load();
  for (const { flow, target, ...terms } of FLOWS) {
    const [first, ...later] = await walk(terms, support, () => takeCoverage(session, compiled.sourceOf));
    const touched = later.reduce((a, b) => (totals(b).functions < totals(a).functions ? b : a));
    console.log(JSON.stringify({ bench: "walk", flow, ...totals(touched), target, first: totals(first) }));
    if (isListing) list(touched);
  }
  session.disconnect();
} finally {
  compiled.remove();
}
