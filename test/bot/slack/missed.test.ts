import { afterEach, describe, expect, it } from "vitest";
import { readOf } from "../../support/fake-slack-workspace.js";
import { appOf, type SlackWorld, SOCKET_TOKENS, startSlackWorld } from "./slack-support.js";

const LATE = /⏱️ \d+ (s|min) late: I was not connected when this was asked\./;
const MINUTE_MS = 60_000;

let world: SlackWorld;
afterEach(() => world.close());

/** A message that no event tells the bot of. */
function write(text: string, { channel = "C0GENERAL", user = "U0ADA", thread }: Where = {}): string {
  return world.slack.workspace.add({ channel, thread, user, text, blocks: [], more: undefined }).ts;
}
interface Where {
  readonly channel?: string;
  readonly user?: string;
  readonly thread?: string;
}
const naming = (text: string, where?: Where) => write(`<@U0BOT> ${text}`, where);

const isDone = (ts: string, channel = "C0GENERAL") =>
  world.until(`an end mark on ${ts}`, () => world.slack.marksOf(channel, ts).includes("white_check_mark"), {
    timeoutMs: 20_000,
  });
/** What the bot wrote below a message. */
const below = (ts: string, channel = "C0GENERAL") => world.slack.textsIn(channel, ts).join("\n");

/** The bot has been asked in a channel, a thread and a direct message; then minutes pass without it. */
async function away(options: Parameters<typeof startSlackWorld>[0] = {}) {
  world = await startSlackWorld(options);
  const { slack } = world;
  const first = await world.turning(slack.mention("first"));
  await isDone(first);
  const direct = await world.turning(slack.dm("hello"));
  await isDone(direct, "D0ADA");
  await world.turning(world.bot.stop(0));
  return { slack, first };
}

describe("questions that were missed on Slack", { timeout: 60_000 }, () => {
  it("are answered once after a start, in channels, threads and direct messages", async () => {
    const { slack, first } = await away();
    const old = naming("too old");
    await world.clock.advance(16 * MINUTE_MS);
    const [one, two] = [naming("one"), naming("two")];
    const inThread = naming("three", { thread: first });
    const late = naming("four", { thread: one });
    const direct = write("five", { channel: "D0ADA" });
    await world.clock.advance(2 * MINUTE_MS);
    await world.restart();
    for (const ts of [one, two, inThread, late]) await isDone(ts);
    await isDone(direct, "D0ADA");
    expect(below(two)).toMatch(LATE);
    expect(below(one).match(new RegExp(LATE, "g"))).toHaveLength(2);
    expect(below(first)).toContain("three");
    expect(slack.textsIn("D0ADA").filter((text) => LATE.test(text))).toHaveLength(1);
    expect(slack.marksOf("C0GENERAL", old)).toEqual([]);
    const answers = slack.answers().length;
    await world.restart();
    const live = await world.turning(slack.mention("now"));
    await isDone(live);
    expect(below(live)).not.toMatch(LATE);
    expect(slack.answers()).toHaveLength(answers + 1);
  });

  it("leave out what is no question, and what bears the bot's mark or reply", async () => {
    const { slack } = await away();
    const skipped = [
      write("to nobody"),
      naming("!models status"),
      slack.workspace.add({
        ...{ channel: "C0GENERAL", thread: undefined, user: "U0APP", text: "<@U0BOT> robot", blocks: [] },
        more: { bot_id: "B0OTHER" },
      }).ts,
      slack.workspace.add({
        ...{ channel: "C0GENERAL", thread: undefined, user: "U0ADA", text: "<@U0BOT> has joined", blocks: [] },
        more: { subtype: "channel_join" },
      }).ts,
    ];
    const marked = naming("seen by another process");
    slack.workspace.find("C0GENERAL", marked)?.reactions.set("eyes", new Set(["U0BOT"]));
    const replied = naming("replied to");
    write("done", { thread: replied, user: "U0BOT" });
    const liked = naming("liked by a person");
    slack.workspace.find("C0GENERAL", liked)?.reactions.set("eyes", new Set(["U0BEN"]));
    const before = slack.answers().length;
    await world.clock.advance(MINUTE_MS);
    await world.restart();
    await isDone(liked);
    await isDone(await world.turning(slack.mention("the end")));
    expect(slack.answers()).toHaveLength(before + 2);
    for (const ts of skipped) expect(slack.marksOf("C0GENERAL", ts)).toEqual([]);
  });

  it("are answered after all sockets were lost", async () => {
    world = await startSlackWorld();
    const { slack } = world;
    await isDone(await world.turning(slack.mention("first")));
    const made = slack.sockets.made();
    slack.sockets.cut();
    const lost = naming("lost");
    await world.until("a connection", () => slack.sockets.made() > made);
    await isDone(lost);
    expect(below(lost)).toContain("lost");
  });

  it("are found where nobody asked before, as far as the scopes let the bot list where it is", async () => {
    const { scopes } = appOf();
    const slackOptions = { scopes: scopes.filter((scope) => scope !== "im:read") };
    const { slack } = await away({ environment: SOCKET_TOKENS, slack: slackOptions });
    const elsewhere = naming("elsewhere", { channel: "C0RANDOM" });
    const direct = write("direct", { channel: "D0BEN", user: "U0BEN" });
    await world.clock.advance(MINUTE_MS);
    await world.restart();
    await isDone(elsewhere, "C0RANDOM");
    expect(below(elsewhere, "C0RANDOM")).toMatch(LATE);
    await isDone(await world.turning(slack.mention("now")));
    expect(slack.marksOf("D0BEN", direct)).toEqual([]);
  });

  it("are answered where the bot has replied to a later question of the thread only", async () => {
    await away();
    const first = naming("first");
    naming("second", { thread: first });
    write("You said: second", { thread: first, user: "U0BOT" });
    const replied = naming("replied to");
    write("done", { thread: replied, user: "U0BOT" });
    naming("third", { thread: replied });
    await world.clock.advance(MINUTE_MS);
    await world.restart();
    await isDone(first);
    expect(world.slack.marksOf("C0GENERAL", replied)).toEqual([]);
  });

  it("stay unanswered without the scope to read back, which costs nothing else", async () => {
    const { scopes } = appOf();
    const { slack } = await away({
      environment: SOCKET_TOKENS,
      slack: { scopes: scopes.filter((scope) => scope !== "channels:history") },
    });
    const lost = naming("lost");
    const direct = write("direct", { channel: "D0ADA" });
    await world.clock.advance(MINUTE_MS);
    await world.restart();
    await isDone(direct, "D0ADA");
    await isDone(await world.turning(slack.mention("now")));
    expect(slack.marksOf("C0GENERAL", lost)).toEqual([]);
    expect(world.bot.log.some((line) => line.includes("the history there cannot be read"))).toBe(true);
  });

  it("wait as long as Slack says where it limits the reading", async () => {
    const { slack } = await away();
    const lost = naming("lost");
    slack.failNext("conversations.history", { retryAfter: 30 });
    await world.clock.advance(MINUTE_MS);
    await world.restart();
    await isDone(lost);
    expect(readOf(slack.answers().at(-1) ?? { text: "", blocks: [] })).toMatch(LATE);
  });
});

/** The soak is in test/e2e, by the machine's own clock. */
const { mentions, cuts, restarts } = { mentions: 24, cuts: 3, restarts: 2 };

describe("mentions while Slack's sockets are cut and the bot is restarted", () => {
  it(`are answered exactly once: ${mentions} of them, ${cuts} cuts, ${restarts} restarts`, async () => {
    const limits = { USER_MESSAGES_PER_10_MIN: "0", CHANNEL_MESSAGES_PER_10_MIN: "0", CATCH_UP_MINUTES: "45" };
    world = await startSlackWorld({ environment: { ...SOCKET_TOKENS, ...limits } });
    const { slack } = world;
    const asked = [await world.turning(slack.mention("first"))];
    await isDone(asked[0] ?? "");
    const ends = ["white_check_mark", "warning", "x"];
    const isEnded = (ts: string) => slack.marksOf("C0GENERAL", ts).some((name) => ends.includes(name));
    const rounds = cuts + restarts;
    for (let round = 0; round < rounds; round++) {
      const isRestart = Math.floor(((round + 1) * restarts) / rounds) > Math.floor((round * restarts) / rounds);
      const made = slack.sockets.made();
      if (isRestart) await world.turning(world.bot.stop(0));
      else slack.sockets.cut();
      for (let count = 0; count < mentions / rounds; count++) asked.push(naming(`question ${asked.length}`));
      if (isRestart) await world.restart();
      await world.until("a connection", () => slack.sockets.made() > made);
      // Slack lets a bot mark some fifty messages a minute.
      await world.until("every end mark", () => asked.every(isEnded), { stepMs: 500, timeoutMs: 60_000 });
    }
    const answers = slack.answers().map(({ thread }) => thread ?? "");
    expect([...answers].sort()).toEqual([...asked].sort());
    expect(asked.length).toBeGreaterThanOrEqual(mentions);
  }, 60_000);
});
