import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { appOf, SOCKET_TOKENS } from "../bot/slack/slack-support.js";
import { type BotProcess, startProcess } from "../support/bot-process.js";
import { type Cable, layCable } from "../support/cable.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../support/fake-openai.js";
import { type FakeSlack, startFakeSlack } from "../support/fake-slack.js";
import { readOf } from "../support/fake-slack-workspace.js";
import { eventually } from "../support/playground-client.js";
import { startPostgres } from "../support/postgres-server.js";
import { startRedis } from "../support/redis-server.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const isSoak = process.env.SOAK !== undefined;
const REPLICAS = 3;
const { mentions, conversations, askEveryMs, killEveryMs, cutEveryMs } = isSoak
  ? { mentions: 240, conversations: 30, askEveryMs: 500, killEveryMs: 10_000, cutEveryMs: 20_000 }
  : { mentions: 24, conversations: 3, askEveryMs: 100, killEveryMs: 2_000, cutEveryMs: 0 };
const CUT_MS = 1_000;
/** What a repeated or late answer takes to come. */
const AFTER_MS = isSoak ? 60_000 : 0;
/** Shorter than Slack's own 0, 1 and 5 minutes. */
const RETRY_PAUSES_MS = isSoak ? [0, 2_000, 10_000] : [0, 50, 200];
const WAIT_MS = isSoak ? 600_000 : 100_000;
const END_MARKS = ["white_check_mark", "warning", "x"];
const INTERRUPTED = "Interrupted by a restart.";

const redis = await startRedis();
const postgres = isSoak ? await startPostgres() : undefined;
const folder = temporaryFolder();
afterAll(async () => {
  await Promise.all([redis?.remove(), postgres?.remove()]);
  folder.remove();
});

let slack: FakeSlack;
let openai: FakeOpenAi;
let bots: BotProcess[] = [];
let cable: Cable | undefined;
beforeEach(async () => {
  slack = await startFakeSlack({ now: Date.now, ...appOf(), retryPausesMs: RETRY_PAUSES_MS });
  openai = await startFakeOpenAi({ models: ["gpt-5"] });
});
afterEach(async () => {
  await Promise.all(bots.map((bot) => bot.end("SIGKILL")));
  await Promise.all([slack.close(), openai.close(), cable?.close()]);
});

const start = (storeUrl: string) =>
  startProcess(folder.path, {
    ...SOCKET_TOKENS,
    SLACK_API_URL: slack.apiUrl,
    OPENAI_API_KEY: FAKE_OPENAI_KEY,
    OPENAI_BASE_URL: openai.url,
    STORE_URL: storeUrl,
    USER_MESSAGES_PER_10_MIN: "0",
    CHANNEL_MESSAGES_PER_10_MIN: "0",
    PROVIDER_CONCURRENCY: "0",
  });

interface Asked {
  readonly ts: string;
  readonly channel: string;
  readonly thread: string;
  readonly number: number;
}

const STARTS = 10;
/** As a supervisor does: a start ends where the line to the store is cut just then. */
const startAgain = (storeUrl: string, left = STARTS): Promise<BotProcess> =>
  start(storeUrl).catch((error) => {
    if (left <= 1) throw error;
    return startAgain(storeUrl, left - 1);
  });

/** Every replica knows of the others by its second heartbeat. */
const START_MS = 11_000;

/** Slack delivers again what was not acknowledged for 3 s, as by a killed replica: it comes later than others. */
const AGAIN_MS = 2_500;

interface Asking {
  /** Numbers of the questions that were delivered again. */
  readonly again: ReadonlySet<number>;
  readonly asked: readonly Asked[];
  readonly kills: number;
  readonly cuts: number;
}

/** Asks all questions, one conversation after the other, while replicas are killed and the line to the store is cut. */
async function askAll(url: string): Promise<Asking> {
  const asked: Asked[] = [];
  const again = new Set<number>();
  const threads = new Map<string, string>();
  let [kills, cuts] = [0, 0];
  let starting: Promise<unknown> | undefined;
  const killNext = () => {
    if (starting !== undefined) return; // a busy machine starts more slowly
    const index = kills++ % REPLICAS;
    const replace = async () => {
      await bots[index]?.end("SIGKILL");
      bots[index] = await startAgain(url);
      starting = undefined;
    };
    starting = replace();
  };
  const cutOnce = () => {
    cuts += 1;
    cable?.cut();
    setTimeout(() => cable?.mend(), CUT_MS);
  };
  const faults = [setInterval(killNext, killEveryMs), ...(cutEveryMs > 0 ? [setInterval(cutOnce, cutEveryMs)] : [])];
  for (let number = 0; number < mentions; number++) {
    const channel = `C0ORDER${number % conversations}`;
    const thread = threads.get(channel);
    const askedAt = Date.now();
    const { ts, acknowledged } = slack.mentionSoon(`question ${number}.`, {
      channel,
      ...(thread !== undefined && { thread }),
    });
    void acknowledged.then((isTaken) => {
      if (!isTaken || Date.now() - askedAt > AGAIN_MS) again.add(number);
    });
    threads.set(channel, thread ?? ts);
    asked.push({ ts, channel, thread: thread ?? ts, number });
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
  }
  for (const fault of faults) clearInterval(fault);
  await starting;
  return { asked, again, kills, cuts };
}

/** What stands below each conversation's questions: each message is a whole answer, or was interrupted. */
function outcome({ asked, again }: Pick<Asking, "asked" | "again">) {
  const threads = [...new Map(asked.map((one) => [one.thread, one])).values()];
  const answered = new Set<number>();
  let [interrupted, inversions, repeated, others] = [0, 0, 0, 0];
  for (const { channel, thread } of threads) {
    const shown = slack.answers().filter((one) => one.channel === channel && one.thread === thread);
    let last = -1;
    for (const text of shown.map(readOf)) {
      const number = Number([...text.matchAll(/question (\d+)\./g)].at(-1)?.[1] ?? Number.NaN);
      if (text.includes(INTERRUPTED)) interrupted += 1;
      else if (Number.isNaN(number)) others += 1;
      else if (answered.has(number)) repeated += 1;
      if (Number.isNaN(number)) continue;
      if (!text.includes(INTERRUPTED)) answered.add(number);
      if (again.has(number)) continue;
      if (number < last) inversions += 1;
      last = Math.max(last, number);
    }
  }
  return { answered: answered.size, interrupted, inversions, repeated, others };
}

/** Numbers of the questions without a mark that says how they ended. */
const unmarked = (asked: readonly Asked[]): readonly number[] =>
  asked
    .filter(({ channel, ts }) => !slack.marksOf(channel, ts).some((mark) => END_MARKS.includes(mark)))
    .map(({ number }) => number);

const stores = [
  ["Redis", redis?.url],
  ["PostgreSQL", postgres?.url],
] as const;

describe.each(stores.filter(([, url]) => url !== undefined))(
  "questions to three replicas on one %s",
  (name, target = "") => {
    it("are each answered once and in order while replicas are killed", { timeout: WAIT_MS * 2 }, async () => {
      cable = await layCable(target);
      const { url } = cable;
      slack.workspace.channels.clear();
      for (let index = 0; index < conversations; index++)
        slack.workspace.channels.set(`C0ORDER${index}`, { isArchived: false, hasBot: true });
      bots = await Promise.all(Array.from({ length: REPLICAS }, () => start(url)));
      await eventually("all sockets", () => slack.sockets.open() >= REPLICAS || undefined, WAIT_MS);
      slack.sockets.spread();
      const begun = Date.now();
      await eventually("a second heartbeat", () => Date.now() >= begun + START_MS);
      const asking = await askAll(url);
      const { asked, again, kills, cuts } = asking;
      const isOver = () => {
        const { answered, interrupted } = outcome(asking);
        return answered + interrupted >= mentions || undefined;
      };
      await eventually("every answer", isOver, WAIT_MS).catch(() => {}); // told below
      await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
      const found = outcome(asking);
      console.log(
        JSON.stringify({
          store: name,
          mentions,
          kills,
          cuts,
          again: again.size,
          ...found,
          unmarked: unmarked(asked).length,
        }),
      );
      expect(found.answered + found.interrupted).toBe(mentions);
      expect(found).toMatchObject({ repeated: 0, inversions: 0, others: 0 });
    });
  },
);
