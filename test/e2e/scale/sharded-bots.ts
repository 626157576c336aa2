import { expect } from "vitest";
import { type BotProcess, startProcess } from "../../support/bot-process.js";
import { demoOn, hasEnded } from "../../support/demo-on-discord.js";
import type { FakeDiscord } from "../../support/fake-discord.js";
import type { FakeChannel, FakeMessage } from "../../support/fake-discord-world.js";
import { eventually } from "../../support/playground-client.js";

/** Said by a stopping replica of 1.0, where each receives every question, beside the answer of another. */
const ALL_RECEIVE = "The bot is restarting. Please ask again in a moment.";
/** Of every answer of the demo. */
const LAST_LINE = "OLLAMA_BASE_URL=http://127.0.0.1:11434";

/** Starts one built bot of several on one store; `main`: another version's. */
export function startReplica(folder: string, discord: FakeDiscord, given: Record<string, string>, main?: string) {
  return startProcess(folder, { ...demoOn(discord), ...given }, [], main);
}

/** How many shards a replica has, by its metrics. */
async function shardsOf(bot: BotProcess): Promise<number> {
  if (bot.process.exitCode !== null)
    throw new Error(`it ended with ${bot.process.exitCode}: ${bot.log().slice(-5_000)}`);
  const text = await (await fetch(`${bot.url}/metrics`)).text();
  return [...text.matchAll(/^evergreen_shard_held\{.*\} 1$/gm)].length;
}

/** Waits until all shards have a session, and no two replicas' shares differ by more than one. */
export async function sharedOut(bots: readonly BotProcess[], discord: FakeDiscord, shards: number): Promise<void> {
  await eventually(
    `shards of ${bots.length} replicas`,
    async () => {
      const held = await Promise.all(bots.map(shardsOf));
      const sum = held.reduce((all, one) => all + one, 0);
      const isFair = sum === shards && Math.max(...held) - Math.min(...held) <= 1;
      return (isFair && new Set(discord.gateway.sessions()).size === shards) || undefined;
    },
    180_000,
  );
}

interface Asked {
  readonly channel: FakeChannel;
  readonly message: FakeMessage;
  readonly at: number;
}

/** What people ask in all servers, one after the other. */
export function questionsIn(discord: FakeDiscord) {
  const asked: Asked[] = [];
  const ask = () => {
    const channel = discord.serverChannels[asked.length % discord.serverChannels.length];
    if (channel === undefined) throw new Error("no channel");
    const message = discord.say(channel, discord.person("ada"), `question ${asked.length}.`, { naming: true });
    asked.push({ channel, message, at: Date.now() });
  };
  /** Waits until every question has its end mark; how many have none but that of a whole answer. */
  const ended = async (timeoutMs: number): Promise<number> => {
    const all = () => asked.every(({ message }) => hasEnded(discord, message));
    await eventually("every end mark", () => all() || undefined, timeoutMs);
    return asked.filter(({ message }) => String(discord.marksOf(message)) === "✅").length;
  };
  return {
    asked,
    /** Asks so often until what goes on is over. */
    async askWhile(work: Promise<unknown>, everyMs: number): Promise<void> {
      let isOver = false;
      const over = work.finally(() => {
        isOver = true;
      });
      while (!isOver) {
        ask();
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
      await over;
    },
    ended,
    /** Every question has one whole answer, in its order, and no other mark than that of one. */
    async expectWhole(timeoutMs: number): Promise<void> {
      await ended(timeoutMs);
      const faulty: string[] = [];
      for (const channel of discord.serverChannels) {
        const questions = asked.filter((one) => one.channel === channel).map(({ message }) => message);
        const answers = discord.answers(channel).filter(({ content }) => content !== ALL_RECEIVE);
        const shown = answers.map(({ replyTo, content }) => `${replyTo}: ${content.slice(-200)}`).join("\n");
        expect(
          answers.map(({ replyTo }) => replyTo),
          shown,
        ).toEqual(questions.map(({ id }) => id));
        for (const [index, question] of questions.entries()) {
          const marks = String(discord.marksOf(question));
          const text = answers[index]?.content ?? "";
          const isWhole = text.includes(question.content.replace(/^<@\d+> /, "")) && text.includes(LAST_LINE);
          if (marks !== "✅" || !isWhole) faulty.push(`${question.content} ${marks}: ${text.slice(-200)}`);
        }
      }
      expect(faulty).toEqual([]);
      expect(discord.rest.faults).toEqual([]);
    },
  };
}
