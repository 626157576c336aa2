import { afterEach, describe, expect, it } from "vitest";
import { slashBody } from "../../support/fake-slack-payloads.js";
import { type SlackWorld, SOCKET_TOKENS, startSlackWorld } from "./slack-support.js";

const EVENTS = process.env.SOAK ? 1_000 : 12;
const RESTARTS = process.env.SOAK ? 10 : 1;

describe("a mention that comes twice", () => {
  let world: SlackWorld | undefined;
  afterEach(() => world?.close());

  it(
    `is answered once: ${EVENTS} of them over ${RESTARTS} restarts`,
    async () => {
      const limits = { USER_MESSAGES_PER_10_MIN: "0", CHANNEL_MESSAGES_PER_10_MIN: "0" };
      world = await startSlackWorld({ environment: { ...SOCKET_TOKENS, ...limits } });
      const { slack, until } = world;
      const asked: string[] = [];
      const perRound = EVENTS / RESTARTS;
      for (let round = 0; round < RESTARTS; round++) {
        const said = Array.from({ length: perRound }, (_, index) =>
          slack.mentionSoon(`${round}.${index}`, {
            deliverTwice: true,
            channel: index % 2 === 0 ? "C0GENERAL" : "C0RANDOM",
          }),
        );
        for (const { ts, acknowledged } of said) {
          asked.push(ts);
          expect(await acknowledged).toBe(true);
        }
        await until(
          "the end marks",
          () => world !== undefined && ended(world, asked.slice(-perRound)) >= perRound / 2,
          terms,
        );
        await world.restart();
      }
      await until("every end mark", () => world !== undefined && ended(world, asked) === asked.length, terms);
      const answers = slack.answers().map(({ thread }) => thread ?? "");
      expect([...answers].sort()).toEqual([...asked].sort());
    },
    process.env.SOAK ? 600_000 : 120_000,
  );
});

describe("a mention that comes to several processes", () => {
  let world: SlackWorld | undefined;
  afterEach(() => world?.close());

  it("is answered once by three of them, whichever gets which delivery of it", async () => {
    const limits = { USER_MESSAGES_PER_10_MIN: "0", CHANNEL_MESSAGES_PER_10_MIN: "0" };
    world = await startSlackWorld({ environment: { ...SOCKET_TOKENS, ...limits } });
    const { slack, until } = world;
    await world.startReplica();
    await world.startReplica();
    await until("three connections", () => slack.sockets.open() >= 3);
    slack.sockets.spread();
    const said = Array.from({ length: 16 }, (_, index) =>
      slack.mentionSoon(String(index), { deliverTwice: true, channel: index % 2 === 0 ? "C0GENERAL" : "C0RANDOM" }),
    );
    for (const { acknowledged } of said) expect(await acknowledged).toBe(true);
    const asked = said.map(({ ts }) => ts);
    await until("every end mark", () => world !== undefined && ended(world, asked) === asked.length, terms);
    const answers = slack.answers().map(({ thread }) => thread ?? "");
    expect([...answers].sort()).toEqual([...asked].sort());
  });
});

describe("a command that comes twice", () => {
  let world: SlackWorld | undefined;
  afterEach(() => world?.close());

  it("runs once, by its trigger or its message", async () => {
    world = await startSlackWorld();
    const { slack, until, clock } = world;
    const facts = { channel: "C0GENERAL", user: "U0ADA", userName: "ada", text: "" };
    const slash = slashBody({ ...facts, command: "/help", responseUrl: `${slack.apiUrl}none` });
    await slack.deliver("slash_commands", slash);
    await slack.deliver("slash_commands", slash);
    await slack.mention("!help", { deliverTwice: true });
    await until("the help", () => slack.ephemeralsOf("U0ADA").length > 0);
    await clock.advance(5_000);
    expect(slack.ephemeralsOf("U0ADA")).toHaveLength(1);
    expect(slack.callsOf("none")).toHaveLength(1);
  });
});

/** Slack lets a bot mark some fifty messages a minute: that is minutes of the clock that is turned. */
const terms = { stepMs: 1_000, timeoutMs: 60_000 };
const ENDS = ["white_check_mark", "warning", "x"];
const ended = ({ slack }: SlackWorld, asked: readonly string[]) =>
  asked.filter((ts) =>
    ["C0GENERAL", "C0RANDOM"].some((channel) => slack.marksOf(channel, ts).some((name) => ENDS.includes(name))),
  ).length;
