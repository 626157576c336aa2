import { afterEach, describe, expect, it } from "vitest";
import { appOf, SOCKET_TOKENS } from "../bot/slack/slack-support.js";
import { type BotProcess, startProcess } from "../support/bot-process.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../support/fake-openai.js";
import { type FakeSlack, startFakeSlack } from "../support/fake-slack.js";
import { readOf } from "../support/fake-slack-workspace.js";
import { eventually } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const { mentions, cuts, kills, channelCount } = process.env.SOAK
  ? { mentions: 1_000, cuts: 50, kills: 20, channelCount: 10 }
  : { mentions: 24, cuts: 2, kills: 1, channelCount: 3 };
const WAIT_MS = process.env.SOAK ? 900_000 : 100_000;
/** As many are open as people would ask at the same time. */
const MOST_OPEN = channelCount * 3;
/** Mentions that are written while no event can come in. */
const MISSED_EACH = 2;
/** Mentions of one thread. */
const THREAD_LENGTH = process.env.SOAK ? 20 : 4;
const INTERRUPTED = "Interrupted by a restart.";

const folder = temporaryFolder();
let slack: FakeSlack;
let openai: FakeOpenAi;
let bot: BotProcess;
afterEach(async () => {
  await bot.end("SIGKILL");
  await Promise.all([slack.close(), openai.close()]);
  folder.remove();
});

const start = () =>
  startProcess(folder.path, {
    ...SOCKET_TOKENS,
    SLACK_API_URL: slack.apiUrl,
    OPENAI_API_KEY: FAKE_OPENAI_KEY,
    OPENAI_BASE_URL: openai.url,
    USER_MESSAGES_PER_10_MIN: "0",
    CHANNEL_MESSAGES_PER_10_MIN: "0",
    PROVIDER_CONCURRENCY: "0",
    CATCH_UP_MINUTES: "45",
  });

/**
 * The order in which mentions, cut sockets and kills follow each other: kills evenly spread, cuts three at a time, as a
 * bad network loses them: Slack lets a bot read back some fifty places a minute.
 */
function plan(): readonly ("ask" | "cut" | "kill")[] {
  const times = (count: number, what: "kill", shift: number) =>
    Array.from({ length: count }, (_, index) => ({ what, at: ((index + shift) * mentions) / count }));
  const together = Array.from({ length: cuts }, (_, index) => ({
    what: "cut" as const,
    at: ((Math.floor(index / 3) * 3 + 0.3) * mentions) / cuts,
  }));
  const heard = mentions - MISSED_EACH * (cuts + kills);
  const asks = Array.from({ length: heard }, (_, index) => ({ what: "ask" as const, at: (index * mentions) / heard }));
  return [...asks, ...together, ...times(kills, "kill", 0.7)].sort((a, b) => a.at - b.at).map(({ what }) => what);
}

interface Asked {
  readonly channel: string;
  readonly ts: string;
  readonly thread: string;
  readonly text: string;
}

/** How an answer reads once nothing more comes: it repeats the question, or was interrupted. */
const ENDS = new RegExp(`question \\d+\\.|${INTERRUPTED}`);

/** The number of the question that was answered, and how late; undefined for the line below an interrupted one. */
function readAnswer(text: string): { readonly question: number; readonly lateS: number } | undefined {
  const question = [...text.matchAll(/question (\d+)\./g)].at(-1)?.[1];
  if (question === undefined) {
    expect(text).toContain(INTERRUPTED);
    return undefined;
  }
  const [, count = "0", unit] = /⏱️ (\d+) (s|min) late/.exec(text) ?? [];
  return { question: Number(question), lateS: Number(count) * (unit === "min" ? 60 : 1) };
}

describe("mentions while Slack's sockets are cut and the process is killed", () => {
  it(
    `are answered exactly once and in order: ${mentions} of them, ${cuts} cuts, ${kills} kills`,
    async () => {
      slack = await startFakeSlack({ now: Date.now, ...appOf() });
      openai = await startFakeOpenAi({ models: ["gpt-5"] });
      const channels = Array.from({ length: channelCount }, (_, index) => `C0SOAK${index}`);
      slack.workspace.channels.clear();
      for (const channel of channels) slack.workspace.channels.set(channel, { isArchived: false, hasBot: true });
      const isConnected = (made: number) =>
        eventually("a socket", () => slack.sockets.made() > made && slack.sockets.open() > 0, WAIT_MS);
      bot = await start();
      await isConnected(0);
      // Nothing is answered from before the first start.
      const started = Date.now();
      await eventually("the next second", () => Date.now() >= started + 1_000);

      const asked: Asked[] = [];
      const threads = new Map<string, string>();
      /** Says it by itself where no event is to tell of it; every other one in a thread that others were asked in. */
      const ask = (isHeard: boolean) => {
        const channel = channels[asked.length % channelCount] ?? "";
        const text = `question ${asked.length}.`;
        const round = Math.floor(asked.length / channelCount);
        const thread = round % THREAD_LENGTH === 0 ? undefined : threads.get(channel);
        const where = { channel, ...(thread !== undefined && { thread }) };
        const ts = isHeard
          ? slack.mentionSoon(text, where).ts
          : slack.workspace.add({
              channel,
              thread,
              user: "U0ADA",
              text: `<@U0BOT> ${text}`,
              blocks: [],
              more: undefined,
            }).ts;
        if (thread === undefined) threads.set(channel, ts);
        asked.push({ channel, ts, thread: thread ?? ts, text });
      };
      /** The bot's messages below a question, in their order. */
      const shownIn = ({ channel, thread }: Asked) =>
        slack.answers().filter((one) => one.channel === channel && one.thread === thread);
      /** What a person sees there, each with its time. */
      const transcriptOf = ({ channel, thread }: Asked) =>
        slack.workspace.messages
          .filter((one) => one.channel === channel && (one.ts === thread || one.thread === thread))
          .map((one) => `${one.ts} ${one.user} ${readOf(one)} ${slack.marksOf(channel, one.ts)}`)
          .join("\n");
      const answered = () => new Set(slack.answers()).size;
      const hasRoom = () => asked.length - answered() < MOST_OPEN;

      for (const step of plan()) {
        if (step === "ask") {
          ask(true);
          await eventually("room", hasRoom, WAIT_MS);
          continue;
        }
        const made = slack.sockets.made();
        if (step === "kill") await bot.end("SIGKILL");
        else slack.sockets.cut();
        for (let count = 0; count < MISSED_EACH; count++) ask(false);
        if (step === "kill") bot = await start();
        await isConnected(made);
      }
      const begun = asked
        .filter(({ ts, thread }) => ts === thread)
        .map((first) => ({ first, count: asked.filter(({ thread }) => thread === first.thread).length }));
      const missing = () => begun.map(({ first, count }) => count - shownIn(first).length);
      const isGrowing = () => slack.answers().some((one) => !ENDS.test(readOf(one)));
      // What has too many is told at once, also where another question still waits.
      const isOver = () =>
        (missing().every((count) => count <= 0) && !isGrowing()) || missing().some((count) => count < 0);
      await eventually("every answer", isOver, WAIT_MS).catch(() => {}); // told below
      const wrong = begun.filter(({ first, count }) => count !== shownIn(first).length);
      expect(wrong.map(({ first, count }) => `${count} questions:\n${transcriptOf(first)}`).join("\n\n")).toBe("");
      for (const { first } of begun) {
        const shown = shownIn(first).map(readOf);
        const conversation = `${first.channel}, the thread of "${first.text}"`;
        const answers = shown.flatMap((text) => readAnswer(text) ?? []);
        const numbers = answers.map(({ question }) => question);
        expect(new Set(numbers).size, conversation).toBe(numbers.length);
        // What was asked later waits no longer than 10 s until the missed ones are found.
        const early = answers.filter(
          ({ question, lateS }, index) => lateS <= 10 && numbers.slice(0, index).some((other) => other > question),
        );
        expect(early, conversation).toEqual([]);
      }
      expect(asked).toHaveLength(mentions);
    },
    WAIT_MS * 2,
  );
});
