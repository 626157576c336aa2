import { describe, expect, it } from "vitest";
import { type BotProcess, startProcess } from "../support/bot-process.js";
import { eventually, type PlaygroundMessage, playgroundClient } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const ROUNDS = process.env.SOAK ? 50 : 3;
const CHANNELS = ["a", "b", "c", "d"];

/** What a person has seen and may rely on. */
interface Seen {
  /** Questions that were taken (202), by channel. */
  readonly taken: Map<string, Set<string>>;
  /** Questions with their end mark, and the answer that stood below. */
  readonly ended: Map<string, { readonly mark: string; readonly answer: string }>;
  /** Minutes of the last confirmed setting, and those that were asked for after it. */
  interval: { confirmed: number; asked: readonly number[] };
}

const END_MARKS = ["✅", "⚠️", "❌"];
const endMarkOf = (message: PlaygroundMessage) => message.marks.find((mark) => END_MARKS.includes(mark));

/** Talks in one channel until the bot is gone. */
async function talk(url: string, channel: string, seen: Seen): Promise<void> {
  const client = playgroundClient(url, channel);
  try {
    const stream = await client.listen();
    for (let count = 0; ; count++) {
      const id = await client.say(`question ${count} in ${channel}`);
      seen.taken.get(channel)?.add(id);
      await stream.until(
        (event) => event.type === "mark" && event.id === id && END_MARKS.includes(event.marks?.[0] ?? ""),
      );
      note(await client.messages(), seen);
    }
  } catch {
    // The kill: what was seen until then is judged after the next start.
  }
}

function note(messages: readonly PlaygroundMessage[], seen: Seen): void {
  messages.forEach((message, position) => {
    const mark = endMarkOf(message);
    if (message.author === "user" && mark !== undefined)
      seen.ended.set(message.id, { mark, answer: messages[position + 1]?.text ?? "" });
  });
}

async function set(url: string, seen: Seen): Promise<void> {
  const client = playgroundClient(url, "settings");
  try {
    for (;;) {
      for (const minutes of [1, 3, 5, 10, 15]) {
        seen.interval = { ...seen.interval, asked: [...seen.interval.asked, minutes] };
        const { text = "" } = await client.command(`/settings auto-refresh ${minutes}`);
        if (text.includes("Nothing was run"))
          await new Promise((resolve) => setTimeout(resolve, 500)); // too many
        else seen.interval = { confirmed: minutes, asked: [] };
      }
    }
  } catch {
    // The kill, as above.
  }
}

async function judge(url: string, seen: Seen): Promise<void> {
  for (const channel of CHANNELS) {
    const messages = await playgroundClient(url, channel).messages();
    const ids = new Map(messages.map((message, position) => [message.id, position]));
    for (const id of seen.taken.get(channel) ?? []) {
      const position = ids.get(id);
      if (position === undefined) throw new Error(`question ${id} is lost`);
      const question = messages[position];
      expect(question && endMarkOf(question), `question ${id} has no end mark after the start`).toBeDefined();
      const before = seen.ended.get(id);
      if (before === undefined) continue;
      expect({ mark: question && endMarkOf(question), answer: messages[position + 1]?.text }).toEqual(before);
    }
  }
  const { autoRefresh } = await playgroundClient(url).status();
  const possible = [seen.interval.confirmed, ...seen.interval.asked].map((minutes) => minutes * 60);
  expect(possible).toContain(autoRefresh.intervalSeconds);
  seen.interval = { confirmed: Number(autoRefresh.intervalSeconds) / 60, asked: [] };
}

describe("kill -9", () => {
  it(`loses nothing that was acknowledged, ${ROUNDS} times at random moments`, {
    timeout: 60_000 + ROUNDS * 15_000,
  }, async () => {
    const folder = temporaryFolder();
    const seen: Seen = {
      taken: new Map(CHANNELS.map((channel) => [channel, new Set()])),
      ended: new Map(),
      interval: { confirmed: 5, asked: [] },
    };
    const limits = { USER_MESSAGES_PER_10_MIN: "0", CHANNEL_MESSAGES_PER_10_MIN: "0" };
    let bot: BotProcess | undefined;
    try {
      for (let round = 0; round < ROUNDS; round++) {
        bot = await startProcess(folder.path, limits);
        const { url } = bot;
        await judge(url, seen);
        const work = Promise.all([...CHANNELS.map((channel) => talk(url, channel, seen)), set(url, seen)]);
        // However slow the machine is: there must be something to lose.
        await eventually("a first end", () => seen.ended.size > 0 || undefined);
        await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 2_500));
        await bot.end("SIGKILL");
        await work;
      }
      bot = await startProcess(folder.path, limits);
      await judge(bot.url, seen);
      expect(seen.ended.size).toBeGreaterThan(0);
    } finally {
      await bot?.end("SIGKILL");
      folder.remove();
    }
  });
});
