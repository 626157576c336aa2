import { afterEach, describe, expect, it } from "vitest";
import { type SlackAdapter, startAdapter } from "./slack-adapter.js";

const RECYCLES = process.env.SOAK ? 100 : 8;
const EVENTS = process.env.SOAK ? 10_000 : 400;

describe("Slack's recycles of connections", () => {
  let adapter: SlackAdapter;
  afterEach(() => adapter.close());

  it(
    `lose none of ${EVENTS} events over ${RECYCLES} of them`,
    async () => {
      adapter = await startAdapter();
      const { slack, clock, until, mentions } = adapter;
      await clock.advance(20_000);
      await until("two connections", () => slack.sockets.open() === 2);
      const asked: string[] = [];
      const perRound = EVENTS / RECYCLES;
      for (let round = 0; round < RECYCLES; round++) {
        const say = (count: number) =>
          Array.from({ length: count }, () => slack.mentionSoon("hi", { channel: "C0RANDOM" }));
        const before = say(perRound / 2);
        // Mostly one after the other, now and then both at the same moment, and sometimes without a word.
        if (round % 5 === 4) slack.sockets.recycle(20);
        else slack.sockets.recycleOne("warning", round % 2 === 0 ? 0 : 20);
        const after = say(perRound / 2);
        for (const { ts, acknowledged } of [...before, ...after]) {
          expect(await acknowledged).toBe(true);
          asked.push(ts);
        }
        await clock.advance(15_000);
        await until("two connections", () => slack.sockets.open() === 2);
      }
      expect(slack.unacknowledged).toEqual([]);
      const seen = new Set(mentions.map(({ message }) => message.message));
      expect(asked.filter((ts) => !seen.has(ts))).toEqual([]);
      expect(asked).toHaveLength(EVENTS);
    },
    process.env.SOAK ? 600_000 : 60_000,
  );
});
