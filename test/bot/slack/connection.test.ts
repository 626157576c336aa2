import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { APP_TOKEN, BOT_TOKEN } from "../../support/fake-slack.js";
import { playgroundClient } from "../../support/playground-client.js";
import { type SlackWorld, SOCKET_TOKENS, startSlackWorld } from "./slack-support.js";

describe("the connection to Slack", () => {
  let world: SlackWorld | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  const problemsOf = async ({ bot }: SlackWorld) => {
    const response = await fetch(`${bot.url}/readyz`);
    return { status: response.status, text: await response.text() };
  };
  const withDone = (slack: SlackWorld["slack"], ts: string) => () =>
    slack.marksOf("C0GENERAL", ts).includes("white_check_mark");

  it.each([
    {
      name: "SLACK_BOT_TOKEN",
      given: { SLACK_BOT_TOKEN: "xoxb-wrong", SLACK_APP_TOKEN: APP_TOKEN },
      mend: "OAuth & Permissions",
    },
    {
      name: "SLACK_APP_TOKEN",
      given: { SLACK_BOT_TOKEN: BOT_TOKEN, SLACK_APP_TOKEN: "xapp-wrong" },
      mend: "App-Level Tokens",
    },
  ])("tells of a refused $name and how to mend it, while the playground answers", async ({ name, given, mend }) => {
    world = await startSlackWorld({ environment: { ...given, PLAYGROUND: "on" }, waitsForReady: false });
    const { bot, slack, clock, until } = world;
    await until("the fault", () => bot.log.some((line) => line.includes(`${name} is refused (invalid_auth)`)));
    const { status, text } = await problemsOf(world);
    expect(status).toBe(503);
    expect(text).toContain(name);
    expect(text).toContain(mend);
    expect(bot.log.join("")).not.toContain("xoxb-wrong");

    const playground = playgroundClient(bot.url);
    const id = await playground.say("hello");
    await until("an answer", () => bot.log.length > 0);
    for (let step = 0; step < 100; step++) await clock.advance(100);
    const question = (await playground.messages()).find((message) => message.id === id);
    expect(question?.marks).toEqual(["✅"]);

    // No hammering, and it heals by itself once the token is good.
    const before = slack.calls.length;
    await clock.advance(60_000);
    expect(slack.calls.length - before).toBeLessThanOrEqual(1);
    slack.setTokens({ bot: given.SLACK_BOT_TOKEN, app: given.SLACK_APP_TOKEN });
    await clock.advance(180_000);
    await until("a connection", () =>
      bot.log.some((line) => line.includes("slack: recovered") && line.includes('"link"')),
    );
    expect((await problemsOf(world)).status).toBe(200);
    const ts = await slack.mention("are you there?");
    await until("an answer", withDone(slack, ts));
  });

  it("tells of a token that is revoked while it runs", async () => {
    world = await startSlackWorld();
    const { slack, bot, clock, until } = world;
    slack.setTokens({ bot: "xoxb-another" });
    await slack.mention("still there?");
    await until("the fault", () => bot.log.some((line) => line.includes("SLACK_BOT_TOKEN is refused")));
    expect((await problemsOf(world)).text).toContain("SLACK_BOT_TOKEN");
    slack.setTokens({ bot: BOT_TOKEN });
    await clock.advance(10_000);
  });

  it("survives invalid_auth at a reconnect, and comes back", async () => {
    world = await startSlackWorld();
    const { slack, bot, clock, until } = world;
    slack.setTokens({ app: "xapp-another" });
    slack.sockets.cut();
    await until("the fault", () => bot.log.some((line) => line.includes("SLACK_APP_TOKEN is refused")));
    slack.setTokens({ app: APP_TOKEN });
    await clock.advance(180_000);
    const ts = await slack.mention("back?");
    await until("an answer", withDone(slack, ts));
  });

  it("comes back by itself when Slack could not be reached", async () => {
    world = await startSlackWorld();
    const { slack, bot, until } = world;
    for (let time = 0; time < 3; time++)
      slack.failNext("apps.connections.open", { status: 503, error: "service_unavailable" });
    slack.sockets.cut();
    await until("the fault", () => bot.log.some((line) => line.includes("Slack cannot be reached")));
    const { ts } = slack.mentionSoon("back?");
    await until("an answer", withDone(slack, ts));
  });

  it("replaces a connection that has fallen silent, and no other", async () => {
    world = await startSlackWorld();
    const { slack, clock, until } = world;
    await clock.advance(20_000);
    await until("a second connection", () => slack.sockets.open() === 2);
    await clock.advance(60_000);
    expect(slack.sockets.made()).toBe(2);
    slack.sockets.mute();
    await clock.advance(15_000);
    await until("two others", () => slack.sockets.made() === 4);
    const { ts, acknowledged } = slack.mentionSoon("still there?");
    expect(await acknowledged).toBe(true);
    await until("an answer", withDone(slack, ts));
  });

  it("loses nothing when Slack recycles the connection, over and over", async () => {
    world = await startSlackWorld();
    const { slack, clock, until } = world;
    const asked: string[] = [];
    for (let round = 0; round < 3; round++) {
      const during = Array.from({ length: 3 }, (_, index) =>
        slack.mentionSoon(`round ${round}, ${index}`, { channel: "C0RANDOM" }),
      );
      slack.sockets.recycle(50);
      const after = slack.mentionSoon(`round ${round}, after`, { channel: "C0RANDOM" });
      for (const { ts, acknowledged } of [...during, after]) {
        asked.push(ts);
        expect(await acknowledged).toBe(true);
      }
      await clock.advance(15_000);
    }
    await until("every answer", () => asked.every((ts) => slack.marksOf("C0RANDOM", ts).includes("white_check_mark")));
    for (const ts of asked) expect(slack.textsIn("C0RANDOM", ts)).toHaveLength(1);
    expect(slack.sockets.open()).toBe(2);
    expect(slack.unacknowledged).toEqual([]);
  });

  it("keeps two connections, so that one stands at every moment while the other is renewed", async () => {
    world = await startSlackWorld();
    const { slack, clock, until } = world;
    expect(slack.sockets.made()).toBe(1);
    await clock.advance(20_000);
    await until("a second connection", () => slack.sockets.open() === 2);
    for (let round = 0; round < 4; round++) {
      slack.sockets.recycleOne("refresh_requested", 0);
      expect(slack.sockets.open()).toBe(1);
      const { ts, acknowledged } = slack.mentionSoon(`round ${round}`);
      expect(await acknowledged).toBe(true);
      await until("an answer", withDone(slack, ts));
      await until("two again", () => slack.sockets.open() === 2);
      await clock.advance(15_000);
    }
    expect(slack.unacknowledged).toEqual([]);
  });

  it("leaves the second connection to others where Slack takes no more of them", async () => {
    world = await startSlackWorld();
    const { slack, clock, until, bot } = world;
    await clock.advance(20_000);
    await until("a second connection", () => slack.sockets.open() === 2);
    const made = slack.sockets.made();
    slack.sockets.recycleOne("too_many_websockets", 0, "newest");
    await until("the word of it", () => bot.log.some((line) => line.includes("too_many_websockets")));
    await clock.advance(240_000);
    expect(slack.sockets.made()).toBe(made);
    const { ts, acknowledged } = slack.mentionSoon("still there?");
    expect(await acknowledged).toBe(true);
    await until("an answer", withDone(slack, ts));
    await clock.advance(60_000);
    await until("a second connection", () => slack.sockets.open() === 2);
  });

  it("tells operators when Slack refuses an eleventh connection, until there is room", async () => {
    world = await startSlackWorld({ environment: { ...SOCKET_TOKENS, PLAYGROUND: "on" } });
    const { slack, clock, until, bot } = world;
    const others = Array.from({ length: 9 }, () => new WebSocket(slack.sockets.issueUrl(new URL(slack.apiUrl).origin)));
    await until("ten connections", () => slack.sockets.open() === 10);
    await clock.advance(20_000);
    const eleventh = async (at: SlackWorld) => /eleventh Socket Mode.*HTTP mode/.test((await problemsOf(at)).text);
    await until("the word of it", () => bot.log.some((line) => line.includes("eleventh")));
    expect(await eleventh(world)).toBe(true);
    expect((await problemsOf(world)).status).toBe(200);
    // Slack would send a command to any of the ten.
    const isSaid = ({ text }: { text?: string }) => text?.includes("eleventh") ?? false;
    await world.turning(playgroundClient(bot.url).command("/doctor", isSaid));
    for (const other of others) other.close();
    await clock.advance(300_000);
    await until("a second connection", () => slack.sockets.open() === 2);
    expect(await eleventh(world)).toBe(false);
  });

  it("does not wrestle with a stand-in for Slack that keeps the newest connection alone", async () => {
    world = await startSlackWorld();
    const { slack, clock, until } = world;
    slack.sockets.keepNewestOnly();
    await clock.advance(60_000);
    expect(slack.sockets.made()).toBeLessThanOrEqual(4);
    const { ts, acknowledged } = slack.mentionSoon("still there?");
    expect(await acknowledged).toBe(true);
    await until("an answer", withDone(slack, ts));
  });

  it("says that Socket Mode was turned off", async () => {
    world = await startSlackWorld();
    const { slack, until, clock } = world;
    slack.setTokens({ app: "xapp-another" });
    slack.sockets.recycleOne("link_disabled", 0);
    await until("the fault", () => world?.bot.log.some((line) => line.includes("Socket Mode is off")));
    slack.setTokens({ app: APP_TOKEN });
    await clock.advance(180_000);
    await until("a connection", () => slack.sockets.open() > 0);
  });

  it("tells at once that the app was uninstalled, in /models status too, and heals by itself", async () => {
    const environment = { SLACK_BOT_TOKEN: BOT_TOKEN, SLACK_APP_TOKEN: APP_TOKEN, PLAYGROUND: "on" };
    world = await startSlackWorld({ environment });
    const { slack, bot, until, clock } = world;
    slack.setTokens({ bot: "xoxb-another" });
    const event = { type: "app_uninstalled" };
    await slack.deliver("events_api", { type: "event_callback", team_id: "T0EVERGREEN", event_id: "Ev1", event });
    await until("the fault", () => bot.log.some((line) => line.includes("SLACK_BOT_TOKEN is refused")));
    expect((await problemsOf(world)).status).toBe(503);
    const playground = playgroundClient(bot.url);
    const told = await playground.command("/models status");
    expect(JSON.stringify(told)).toContain("SLACK_BOT_TOKEN is refused");
    slack.setTokens({ bot: BOT_TOKEN });
    await clock.advance(180_000);
    await until("health", () => bot.log.some((line) => line.includes("slack: recovered") && line.includes('"bot"')));
    expect((await problemsOf(world)).status).toBe(200);
  });

  it("does not acknowledge what it could not store, so that Slack delivers it to the next start", async () => {
    world = await startSlackWorld({ slack: { retryPausesMs: [100, 100, 100, 300] } });
    const { slack, bot, turning } = world;
    const stopped = bot.stop(0);
    const { ts, acknowledged } = slack.mentionSoon("in between");
    await turning(stopped);
    await world.restart();
    expect(await acknowledged).toBe(true);
    await world.until("an answer", withDone(slack, ts));
    expect(slack.textsIn("C0GENERAL", ts)).toHaveLength(1);
  });
});
