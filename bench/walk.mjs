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
import { compileBot } from "./compile-walk.mjs";

const ROUNDS = 4;
const REST_MS = 5_000;
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
async function walk({ prepare }, startWorld, take) {
  const world = await startWorld();
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
  const { FLOWS, startWorld } = await compiled.load();
  for (const { flow, target, ...terms } of FLOWS) {
    const [first, ...later] = await walk(terms, startWorld, () => takeCoverage(session, compiled.sourceOf));
    const touched = later.reduce((a, b) => (totals(b).functions < totals(a).functions ? b : a));
    console.log(JSON.stringify({ bench: "walk", flow, ...totals(touched), target, first: totals(first) }));
    if (isListing) list(touched);
  }
  session.disconnect();
} finally {
  compiled.remove();
}
