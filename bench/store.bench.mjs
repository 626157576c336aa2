// What a question and its answer on Discord write into the store's file: transactions and pages of the write-ahead log,
// read from the log itself, and what the process makes the kernel write in all, with the checkpoints (Linux).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ids, pause, stage } from "./discord-stage.mjs";
import { FRAME_BYTES, framesBetween, readLog } from "./write-ahead-log.mjs";

const CHANNELS = 10;
const WARM = 20;
const TURNS = 100;
/** From an end mark to the next question. */
const GAP_MS = 200;
const IDLE_MS = 30_000;
/** 1,200 characters. */
const ANSWER = "This is a line of an answer as people get it, in plain words".padEnd(60, ".").repeat(20);

/** What a process made the kernel write, in bytes; NaN where the system does not tell. */
function diskBytesOf(pid) {
  if (process.platform !== "linux") return Number.NaN;
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1]);
}

let asked = 0;
/** Questions one after the other, until each bears its end mark and what is stored behind that is. */
async function ask({ discord, model }, channels, turns, onEnd = () => {}) {
  for (let turn = 0; turn < turns; turn++) {
    const channel = channels[asked % channels.length];
    const text = `question ${++asked}: how does this compare with what we had before, and what would you change first?`;
    model.turns.set(text, { words: 4, end: ANSWER });
    await discord.ended(discord.say(channel, discord.mention(text), `8${channel.slice(1)}`));
    await pause(GAP_MS);
    onEnd();
  }
  await pause(2_000);
  onEnd();
}

const rounded = (value) => Number(value.toFixed(2));

export async function run(print) {
  const channels = ids(CHANNELS);
  const environment = { USER_MESSAGES_PER_10_MIN: "20", CHANNEL_MESSAGES_PER_10_MIN: "60" }; // the defaults
  const scene = await stage({ channels, roundTripMs: () => 2, environment });
  await ask(scene, channels, WARM);
  const file = join(scene.bot.folder, "data/evergreen.sqlite-wal");
  let log = readLog(file);
  const written = [];
  const look = () => {
    const next = readLog(file);
    written.push(...framesBetween(log, next));
    log = next;
  };
  /** What is written, and how long that takes. */
  const during = async (work) => {
    const [startedAt, diskBytes] = [performance.now(), diskBytesOf(scene.bot.pid)];
    await work();
    look();
    const frames = written.splice(0);
    return {
      minutes: (performance.now() - startedAt) / 60_000,
      transactions: frames.filter(({ isEnd }) => isEnd).length,
      logKb: (frames.length * (log.pageBytes + FRAME_BYTES)) / 1024,
      diskKb: (diskBytesOf(scene.bot.pid) - diskBytes) / 1024,
    };
  };
  const busy = await during(() => ask(scene, channels, TURNS, look));
  const idle = await during(() => pause(IDLE_MS));
  /** Without what an idle bot writes in the same time. */
  const perTurn = (key) => rounded((busy[key] - (idle[key] / idle.minutes) * busy.minutes) / TURNS);
  print({
    turns: TURNS,
    transactionsPerTurn: perTurn("transactions"),
    targetTransactions: 3,
    pageBytes: log.pageBytes,
    logKbPerTurn: perTurn("logKb"),
    ...(Number.isFinite(busy.diskKb) && { diskKbPerTurn: perTurn("diskKb") }),
    targetKb: 24,
    idlePerMinute: {
      transactions: rounded(idle.transactions / idle.minutes),
      logKb: rounded(idle.logKb / idle.minutes),
    },
  });
  await scene.close();
}
