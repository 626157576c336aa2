import { afterEach, describe, expect, it } from "vitest";
import { type BotProcess, startProcess } from "../support/bot-process.js";
import { demoOn, hasEnded } from "../support/demo-on-discord.js";
import { type FakeDiscord, startFakeDiscord } from "../support/fake-discord.js";
import type { FakeChannel, FakeMessage } from "../support/fake-discord-world.js";
import { eventually } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const { mentions, drops, kills } = process.env.SOAK
  ? { mentions: 1_000, drops: 50, kills: 20 }
  : { mentions: 24, drops: 1, kills: 1 };
const CHANNELS = process.env.SOAK ? 10 : 4;
const WAIT_MS = process.env.SOAK ? 900_000 : 60_000;

const folder = temporaryFolder();
let discord: FakeDiscord;
let bot: BotProcess;
afterEach(async () => {
  await bot.end("SIGKILL");
  await discord.close();
  folder.remove();
});

const start = () => startProcess(folder.path, { ...demoOn(discord), CATCH_UP_MINUTES: "45" });

/** The order in which mentions, sessions that are lost and kills follow each other: evenly spread. */
function plan(): readonly ("ask" | "drop" | "kill")[] {
  const times = (count: number, what: "drop" | "kill", shift: number) =>
    Array.from({ length: count }, (_, index) => ({ what, at: ((index + shift) * mentions) / count }));
  const asks = Array.from({ length: mentions }, (_, at) => ({ what: "ask" as const, at }));
  return [...asks, ...times(drops, "drop", 0.3), ...times(kills, "kill", 0.7)]
    .sort((a, b) => a.at - b.at)
    .map(({ what }) => what);
}

describe("mentions while the gateway loses sessions and the process is killed", () => {
  it(
    `are answered exactly once: ${mentions} of them, ${drops} lost sessions, ${kills} kills`,
    async () => {
      discord = await startFakeDiscord({ identifyGapMs: 0 });
      const channels = Array.from({ length: CHANNELS }, (_, index) => discord.addChannel(`c${index}`));
      const ada = discord.person("ada");
      const { counts } = discord.gateway;
      const isConnected = (sessions: number) =>
        eventually("a session", () => counts.identifies > sessions && discord.gateway.connected(), WAIT_MS);
      discord.gateway.refuseResume(true);
      bot = await start();
      await isConnected(0);
      const asked: { readonly channel: FakeChannel; readonly message: FakeMessage }[] = [];
      const hasEnd = ({ message }: (typeof asked)[number]) => hasEnded(discord, message);
      const ask = () => {
        const channel = channels[asked.length % CHANNELS];
        if (channel === undefined) throw new Error("no channel");
        asked.push({ channel, message: discord.say(channel, ada, `question ${asked.length}`, { naming: true }) });
      };
      let missed = 0;
      for (const step of plan()) {
        if (step === "ask") {
          ask();
          // No more are open than people would wait for in a line.
          await eventually("room", () => asked.filter((one) => !hasEnd(one)).length < CHANNELS * 8, WAIT_MS);
          continue;
        }
        const sessions = counts.identifies;
        if (step === "kill") await bot.end("SIGKILL");
        else discord.gateway.drop();
        discord.gateway.forgetSessions();
        for (let count = 0; count < 2 && asked.length < mentions; count++, missed++) ask();
        if (step === "kill") bot = await start();
        await isConnected(sessions);
      }
      await eventually("every end mark", () => asked.every(hasEnd), WAIT_MS);
      expect(missed).toBeGreaterThan(drops);
      for (const channel of channels) {
        const questions = asked.filter((one) => one.channel === channel).map(({ message }) => message.id);
        const answers = discord.answers(channel);
        // A bare line below a question that was being answered at a kill counts at its place.
        expect(answers.map(({ replyTo }) => replyTo)).toEqual(questions);
      }
      expect(discord.rest.faults).toEqual([]);
    },
    WAIT_MS * 2,
  );
});
