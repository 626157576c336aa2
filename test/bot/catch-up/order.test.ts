import { describe, expect, it } from "vitest";
import { createCatchUp } from "../../../src/bot/catch-up/catch-up.js";
import { conversationOf } from "../../../src/bot/port/conversation.js";
import type { ChannelKey, Mention, MessageKey } from "../../../src/bot/port/platform.js";
import type { MissedMention, PlatformParts } from "../../../src/bot/port/platform-definition.js";
import { PlatformError } from "../../../src/bot/port/platform-error.js";
import { createChat } from "../../../src/bot/turn/chat.js";
import { startRecovery } from "../../../src/bot/turn/recover/recover.js";
import { chatDeps } from "../../support/chat-deps.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import { fakePlatform } from "../../support/fake-platform.js";
import { memoryStore } from "../../support/memory-store.js";
import { scriptedProvider } from "../../support/scripted-provider.js";

const LINE = "⚠️ Interrupted by a restart.";
const MODEL = { provider: "openai", model: "m1" };

/** Processes one after the other on one store, beside a platform that is as slow as a test wants. */
function world({ readMs = 10, markMs = 0, postMs = 0 } = {}) {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const slowness = { readMs, markMs, postMs };
  /** Calls that are refused from now on. */
  const refused = { reads: 0, posts: 0 };
  const platform = fakePlatform("fake", {
    reach: async (call) => {
      if (call === "post" && refused.posts-- > 0)
        throw new PlatformError("fake", "rate-limited", "fake limits posts", { retryAfterMs: 1_000 });
      const ms = { mark: slowness.markMs, post: slowness.postMs }[call as string] ?? 0;
      if (ms > 0) await clock.sleep(ms);
    },
  });
  /** What was written while no events came in. */
  const written: MissedMention[] = [];
  /** How many of the bot's messages stand above a question, which is all that a platform may say. */
  const above = new Map<string, number>();
  const isIn = (place: ChannelKey, { message, ...at }: MessageKey) => conversationOf(at) === conversationOf(place);
  const surface: PlatformParts = {
    platform,
    async findReplies(question) {
      if (refused.reads-- > 0) throw new PlatformError("fake", "rate-limited", "fake reads no more for now");
      return platform.answers
        .slice(above.get(question.message))
        .filter(({ key }) => key.channel === question.channel)
        .map(({ key, text }) => ({ message: key, text }));
    },
    async *readMissed(place, since, signal) {
      await clock.sleep(slowness.readMs, signal);
      yield written.filter(({ message, writtenAt }) => writtenAt >= since && isIn(place, message));
    },
  };
  const dead = new Set<string>();
  let processes = 0;
  let ids = 100;
  const say = (text: string, channel = "c") => {
    above.set(`${++ids}`, platform.answers.length);
    return platform.mention(text, { channel, message: `${ids}` });
  };

  const start = async () => {
    const owner = `host/${++processes}`;
    const provider = scriptedProvider("openai");
    const deps = chatDeps({
      ...{ clock, store, owner, surfaces: [surface] },
      providers: new Map([["openai", provider]]),
      defaultModel: () => MODEL,
    });
    const chat = createChat(deps);
    const catchUp = createCatchUp({
      ...deps,
      windowMs: 900_000,
      firstStartAt: 0,
      isFirstStart: false,
      erasedAt: deps.sessions.erasedAt,
      idleIn: chat.idleIn,
    });
    const liveness = { isGone: async (other: string) => dead.has(other) };
    const recovery = await startRecovery({ ...deps, chat, liveness, behind: catchUp.behind, retake: async () => {} });
    catchUp.begin("fake", undefined, (mention) => chat.onMention(platform, mention));
    return {
      provider,
      /** An event comes in. */
      hear: (mention: Mention) =>
        catchUp.behind(mention.message, (after) => chat.onMention(platform, mention, { after })),
      lose: () => catchUp.begin("fake", undefined, (mention) => chat.onMention(platform, mention)),
      /** Nothing of it goes on, as after kill -9; what hangs in its streams stays there. */
      async kill() {
        dead.add(owner);
        recovery.stop();
        catchUp.stop();
        await settle();
      },
      stop: async () => {
        recovery.stop();
        catchUp.stop();
        await settle();
      },
      /** Lets the model answer everything that it is asked for so long. */
      async answer(ms: number) {
        for (let passed = 0; passed < ms; passed += 50) {
          for (const stream of provider.streams.splice(0)) {
            stream.send(`to ${stream.request.messages.at(-1)?.content}`);
            stream.finish();
          }
          await clock.advance(50);
        }
      },
    };
  };
  return {
    ...{ clock, platform, written, refused, slowness, say, start },
    miss(text: string, channel = "c") {
      const mention = { ...say(text, channel), writtenAt: clock.now() };
      written.push(mention);
      return mention;
    },
    /** What stands below the questions of a conversation, in order. */
    shown: (channel = "c") =>
      platform.answers.filter(({ key }) => key.channel === channel).map(({ text }) => text.split("\n")[0]),
  };
}

/** The bot has been asked in two channels, and is away for a moment. */
async function away(given?: Parameters<typeof world>[0]) {
  const it = world(given);
  const before = await it.start();
  for (const channel of ["c", "other"]) await before.hear(it.say(`first in ${channel}`, channel));
  await before.answer(20_000);
  await before.stop();
  await it.clock.advance(1_000);
  it.platform.answers.length = 0;
  return it;
}

describe("the order of answers in a conversation", () => {
  it.each([
    ["the reading takes 5 s", { readMs: 5_000 }],
    ["each mark takes 2 s", { markMs: 2_000 }],
    ["posts take 3 s", { postMs: 3_000 }],
    ["nothing is slow", {}],
  ])("is that of the questions after a start, where %s", async (_what, slowness) => {
    const it = await away();
    Object.assign(it.slowness, slowness);
    for (const text of ["one", "two", "three"]) it.miss(text);
    const next = await it.start();
    const live = ["four", "five"].map((text) => it.say(text));
    for (const mention of live) await next.hear(mention);
    await next.answer(60_000);
    expect(it.shown()).toEqual(["to one", "to two", "to three", "to four", "to five"]);
    await next.stop();
  });

  it("keeps nobody from being acknowledged at once, nor from being answered elsewhere", async () => {
    const it = await away({ readMs: 8_000 });
    it.miss("one");
    const next = await it.start();
    const live = it.say("two");
    await next.hear(live); // Slack is told here
    await it.clock.advance(0);
    expect(it.platform.marksOf(live.message.message)).toEqual(["waiting"]);
    await next.hear(it.say("elsewhere", "new"));
    await next.answer(500);
    expect(it.shown("new")).toEqual(["to elsewhere"]);
    expect(it.shown()).toEqual([]);
    await next.answer(20_000);
    expect(it.shown()).toEqual(["to one", "to two"]);
    expect(it.platform.marksOf(live.message.message)).toEqual(["waiting", "waiting", "working", "done"]);
    await next.stop();
  });

  it("is that of the questions over several lost sessions at once", async () => {
    const it = await away({ readMs: 3_000, markMs: 500 });
    const process = await it.start();
    const expected: string[] = [];
    for (let round = 0; round < 4; round++) {
      it.miss(`missed ${round}`);
      process.lose();
      await process.answer(200);
      await process.hear(it.say(`live ${round}`));
      await process.answer(1_000);
      expected.push(`to missed ${round}`, `to live ${round}`);
    }
    await process.answer(60_000);
    expect(it.shown()).toEqual(expected);
    await process.stop();
  });

  it("keeps no conversation waiting for more than 10 s", async () => {
    const it = await away({ readMs: 600_000 });
    const next = await it.start();
    await next.hear(it.say("one"));
    await next.answer(9_000);
    await next.hear(it.say("two"));
    expect(it.shown()).toEqual([]);
    await next.answer(3_000);
    expect(it.shown()).toEqual(["to one", "to two"]);
    await next.hear(it.say("three"));
    await next.answer(500);
    expect(it.shown()).toEqual(["to one", "to two", "to three"]);
    await next.stop();
  });

  it("puts what a kill interrupted first, then what was missed, then what is asked now", async () => {
    const it = await away();
    const killed = await it.start();
    for (const text of ["one", "two"]) await killed.hear(it.say(text));
    await it.clock.advance(100);
    await killed.kill();
    for (const text of ["three", "four"]) it.miss(text);
    it.slowness.postMs = 2_000;
    const next = await it.start();
    await next.hear(it.say("five"));
    await next.answer(60_000);
    expect(it.shown()).toEqual([LINE, LINE, "to three", "to four", "to five"]);
    await next.stop();
  });

  it("goes on where each mark takes half a minute, after a kill too", async () => {
    const it = await away({ markMs: 0 });
    it.slowness.markMs = 30_000;
    const killed = await it.start();
    for (const text of ["one", "two", "three", "four"]) await killed.hear(it.say(text));
    await killed.answer(33_000);
    expect(it.shown()).toEqual(["to one", "to two"]);
    await killed.kill();
    const next = await it.start();
    await next.hear(it.say("five"));
    await next.answer(45_000);
    expect(it.shown()).toEqual(["to one", "to two", LINE, LINE, "to five"]);
    await next.stop();
  });

  it("puts a question that a kill left waiting behind those that had not been found by then", async () => {
    const it = await away({ readMs: 4_000 });
    it.miss("one");
    const killed = await it.start();
    await killed.hear(it.say("two"));
    await it.clock.advance(1_000);
    await killed.kill();
    it.slowness.readMs = 1_000;
    const next = await it.start();
    await next.hear(it.say("three"));
    await next.answer(60_000);
    expect(it.shown()).toEqual(["to one", LINE, "to three"]);
    await next.stop();
  });
});

describe("a question that a kill left open", () => {
  it("is ended once, where that takes longer than the time to the next round and its mark is late", async () => {
    const it = await away();
    const killed = await it.start();
    await killed.hear(it.say("one"));
    await it.clock.advance(100);
    await killed.kill();
    Object.assign(it.slowness, { postMs: 70_000, markMs: 30_000 });
    const next = await it.start();
    await next.answer(180_000);
    expect(it.shown()).toEqual([LINE]);
    await next.stop();
  });

  it("is ended within seconds where the ended process has used up the platform's limit", async () => {
    const it = await away();
    const killed = await it.start();
    for (const text of ["one", "two"]) await killed.hear(it.say(text));
    await it.clock.advance(100);
    await killed.kill();
    it.refused.posts = 2;
    const next = await it.start();
    await next.answer(5_000);
    expect(it.shown()).toEqual([LINE, LINE]);
    await next.stop();
  });

  it("is ended once, where it waits in line when the next round comes and its mark is late", async () => {
    const it = await away({ readMs: 4_000 });
    it.miss("one");
    const killed = await it.start();
    await killed.hear(it.say("two"));
    await it.clock.advance(1_000);
    await killed.kill();
    it.slowness.markMs = 30_000;
    const next = await it.start();
    await it.clock.advance(65_000); // the model lets "one" wait until it is given up
    await next.answer(120_000);
    expect(it.shown().filter((text) => text === LINE)).toHaveLength(1);
    await next.stop();
  });
});

describe("an answer whose place was not stored before a kill", () => {
  it.each([
    ["gets its line below", "Half of it", ["Half of it\n\n⚠️ Interrupted by a restart."]],
    ["gets no second line", `Half of it\n\n${LINE}`, [`Half of it\n\n${LINE}`]],
    ["gets no second message", LINE, [LINE]],
  ])("%s: %s", async (_what, text, expected) => {
    const it = await away();
    const killed = await it.start();
    const asked = it.say("one");
    await killed.hear(asked);
    await it.clock.advance(100);
    await killed.kill();
    const { message, ...place } = asked.message;
    await it.platform.post(place, { markdown: text }, { replyTo: asked.message });
    const next = await it.start();
    await next.answer(5_000);
    expect(it.platform.answers.map((answer) => answer.text)).toEqual(expected);
    expect(it.platform.marksOf(message).at(-1)).toBe("incomplete");
    await next.stop();
  });

  const ENDED = `Half of it\n\n${LINE}`;
  /** A process is killed when it has posted the first text of an answer. */
  const killedAtPost = async (it: Awaited<ReturnType<typeof away>>, ...questions: readonly Mention[]) => {
    const killed = await it.start();
    for (const question of questions) await killed.hear(question);
    await it.clock.advance(100);
    await killed.kill();
    await it.platform.post(questions[0]?.message as MessageKey, { markdown: "Half of it" });
  };
  const texts = ({ platform }: Awaited<ReturnType<typeof away>>) =>
    platform.answers.map(({ text }) => text.replace(/\n\n⏱️.*/, ""));

  it("is found behind the answers of missed questions that came before it", async () => {
    const it = await away();
    it.slowness.readMs = 60_000;
    it.miss("missed");
    await killedAtPost(it, it.say("one"));
    it.slowness.readMs = 1_000;
    const next = await it.start();
    await next.answer(10_000);
    expect(texts(it)).toEqual([ENDED, "to missed"]);
    await next.stop();
  });

  it("is found a round later, where the place could not be read and more was asked meanwhile", async () => {
    const it = await away();
    await killedAtPost(it, it.say("one"));
    it.refused.reads = 1;
    const next = await it.start();
    for (const text of ["two", "three"]) {
      await next.hear(it.say(text));
      await next.answer(5_000);
    }
    await next.answer(60_000);
    expect(texts(it)).toEqual([ENDED, "to two", "to three"]);
    await next.stop();
  });

  it("is that of the first question of the process, which may have to be looked up again", async () => {
    const it = await away();
    const [one, two] = [it.say("one"), it.say("two")];
    await killedAtPost(it, one, two);
    it.refused.reads = 1;
    const next = await it.start();
    await next.answer(70_000);
    expect(texts(it)).toEqual([ENDED, LINE]);
    expect(it.platform.answers.at(-1)?.replyTo).toBe(two.message.message);
    expect(it.platform.marksOf(one.message.message).at(-1)).toBe("incomplete");
    await next.stop();
  });
});
