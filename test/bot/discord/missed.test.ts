import { afterEach, describe, expect, it } from "vitest";
import { BOT_ID, type FakeChannel, type FakeMessage } from "../../support/fake-discord-world.js";
import { eventually } from "../../support/playground-client.js";
import { answered, connected, type DiscordStage, jumpingClock, stageDiscord } from "./discord-support.js";

const LATE = /⏱️ \d+ (s|min) late: I was not connected when this was asked\./;

let stage: DiscordStage;
let ahead: ReturnType<typeof jumpingClock>;
afterEach(async () => {
  expect(stage.discord.rest.faults).toEqual([]);
  await stage.close();
});

async function started(environment: Record<string, string> = {}) {
  ahead = jumpingClock();
  stage = await stageDiscord({ identifyGapMs: 0 }, environment, ahead.clock);
  await connected(stage.discord);
  const { discord } = stage;
  const ada = discord.person("ada");
  const ask = (channel: FakeChannel, text: string) => discord.say(channel, ada, text, { naming: true });
  /** Everything that the bot wrote below a question. */
  const textOf = async (channel: FakeChannel, question: FakeMessage) =>
    (await answered(discord, channel, question)).map(({ content }) => content).join("");
  await textOf(discord.general, ask(discord.general, "first"));
  return { discord, ada, ask, textOf };
}

/** As if it had been written so long before. */
function backdate(channel: FakeChannel, message: FakeMessage, minutes: number): void {
  channel.messages.delete(message.id);
  const id = String(BigInt(message.id) - (BigInt(minutes * 60_000) << 22n));
  Object.assign(message, { id, writtenAt: message.writtenAt - minutes * 60_000 });
  channel.messages.set(id, message);
}

/** Resolves when the next session has begun; nobody waits for the pause that Discord wants between two. */
async function restart(environment = stage.environment) {
  const { counts } = stage.discord.gateway;
  const next = counts.identifies + 1;
  ahead.jump(SESSION_GAP_MS);
  stage.bot = await stage.bot.restart(environment);
  await eventually("a session", () => counts.identifies === next && stage.discord.gateway.connected());
}

/** Cuts the connection for good: what happens until the next session is lost. */
function lose() {
  ahead.jump(SESSION_GAP_MS);
  stage.discord.gateway.refuseResume(true);
  stage.discord.gateway.drop();
  stage.discord.gateway.forgetSessions();
}
const SESSION_GAP_MS = 6_000;

describe("questions that were missed on Discord", { timeout: 60_000 }, () => {
  it("are answered once after a start, in order, in channels, threads and direct messages", async () => {
    const { discord, ada, ask, textOf } = await started();
    const thread = discord.addThread(discord.general, "thread");
    discord.joinThread(thread);
    const dm = discord.world.directChannel(ada);
    await textOf(thread, ask(thread, "in the thread"));
    await textOf(dm, ask(dm, "hello"));
    await stage.bot.stop(0);
    const missed = [ask(discord.general, "one"), ask(discord.general, "two"), ask(discord.general, "three")];
    const others = [ask(thread, "four")];
    const direct = discord.say(dm, ada, "five");
    const before = discord.answers(discord.general).length;
    await restart();
    for (const question of missed) expect(await textOf(discord.general, question)).toMatch(LATE);
    for (const question of others) expect(await textOf(thread, question)).toMatch(LATE);
    expect(await textOf(dm, direct)).toMatch(LATE);
    const answers = discord.answers(discord.general).slice(before);
    expect(answers.map(({ replyTo }) => replyTo)).toEqual(missed.map(({ id }) => id));
    await restart();
    const live = ask(discord.general, "now");
    expect(await textOf(discord.general, live)).not.toMatch(LATE);
    expect(discord.answers(discord.general)).toHaveLength(before + 4);
  });

  it("are answered after a session that could not be resumed, also where nobody has asked before", async () => {
    const { discord, ask, textOf } = await started();
    const fresh = discord.addChannel("fresh");
    lose();
    const [known, unknown] = [ask(discord.general, "lost"), ask(fresh, "lost too")];
    expect(await textOf(discord.general, known)).toContain("lost");
    expect(await textOf(fresh, unknown)).toContain("lost too");
    expect(discord.gateway.counts.identifies).toBe(2);
  });

  it("leave out what is no question, what bears the bot's mark or reply, and what is too old", async () => {
    const { discord, ada, ask, textOf } = await started();
    const { general, world } = discord;
    await stage.bot.stop(0);
    const robot = discord.person("robot", { isBot: true });
    const skipped = [
      discord.say(general, robot, "from a bot", { naming: true }),
      discord.say(general, ada, "to nobody"),
      ask(general, "!models status"),
      discord.say(general, ada, "pinned", { naming: true, extra: { type: 6 } }),
      discord.say(general, ada, "hooked", { naming: true, extra: { webhook_id: "1" } }),
    ];
    const marked = ask(general, "seen by another process");
    marked.reactions.set("👀", new Set([BOT_ID]));
    const replied = ask(general, "replied to");
    world.addMessage(general, { authorId: BOT_ID, content: "done", replyTo: replied.id });
    const deleted = ask(general, "deleted");
    discord.deleteMessage(deleted);
    const old = ask(general, "old");
    backdate(general, old, 16);
    const liked = ask(general, "liked by a person");
    liked.reactions.set("👀", new Set([ada.id]));
    const before = discord.answers().length;
    await restart();
    expect(await textOf(general, liked)).toMatch(LATE);
    const last = ask(general, "the end");
    await textOf(general, last);
    expect(
      discord
        .answers()
        .slice(before)
        .map(({ replyTo }) => replyTo),
    ).toEqual([liked.id, last.id]);
    for (const message of [...skipped, old]) expect(discord.marksOf(message)).toEqual([]);
  });

  it("are let be with CATCH_UP_MINUTES=0, and where the bot may not read the history", async () => {
    const { discord, ask, textOf } = await started({ CATCH_UP_MINUTES: "0" });
    const closed = discord.addChannel("closed");
    await textOf(closed, ask(closed, "open yet"));
    await stage.bot.stop(0);
    const ignored = ask(discord.general, "while away");
    await restart();
    await textOf(discord.general, ask(discord.general, "again"));
    expect(discord.marksOf(ignored)).toEqual([]);
    await stage.bot.stop(0);
    const unseen = ask(closed, "behind a door");
    discord.world.denied.set(closed.id, new Set(["view"]));
    await restart({ ...stage.environment, CATCH_UP_MINUTES: "15" });
    expect(await textOf(discord.general, ignored)).toMatch(LATE);
    await eventually("a line in the log", () =>
      stage.bot.log.some((line) => line.includes("the history there cannot be read")),
    );
    expect(discord.marksOf(unseen)).toEqual([]);
  });

  it("are never from before the first start with this store", async () => {
    ahead = jumpingClock();
    stage = await stageDiscord({ identifyGapMs: 0 }, {}, ahead.clock);
    const { discord } = stage;
    await connected(discord);
    const ada = discord.person("ada");
    const older = discord.say(discord.general, ada, "older", { naming: true });
    backdate(discord.general, older, 1);
    older.reactions.clear();
    lose();
    const lost = discord.say(discord.general, ada, "lost", { naming: true });
    await answered(discord, discord.general, lost);
    expect(discord.answers().filter(({ replyTo }) => replyTo === older.id)).toEqual([]);
  });
});
