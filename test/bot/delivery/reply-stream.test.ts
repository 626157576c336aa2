import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import { createReplyStream } from "../../../src/bot/delivery/reply-stream.js";
import { PlatformError } from "../../../src/bot/port/platform-error.js";
import type { Control } from "../../../src/commands/command.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import { type FakePlatformTerms, fakePlatform } from "../../support/fake-platform.js";

function setup(terms: FakePlatformTerms = {}, controls: readonly Control[] = []) {
  const clock = fakeClock();
  const platform = fakePlatform("fake", terms);
  const warnings: unknown[] = [];
  const posted: string[] = [];
  const lost: PlatformError[] = [];
  const log = { warn: (fields: unknown) => void warnings.push(fields) } as unknown as Log;
  const stream = createReplyStream({
    platform,
    question: platform.mention("?", { message: "q" }).message,
    asker: { id: "ada", name: "ada" },
    controls,
    clock,
    log,
    onPosted: async ({ message }) => void posted.push(message),
    onLost: (error) => void lost.push(error),
  });
  return { clock, platform, stream, warnings, posted, lost, texts: () => platform.answers.map(({ text }) => text) };
}

const STOP: readonly Control[] = [{ label: "Stop", command: "/chat stop" }];
const RETRY: readonly Control[] = [{ label: "Retry", command: "/chat retry" }];

describe("the controls of an answer", () => {
  it("stand under it while it grows, and give way to the last ones although the text is complete", async () => {
    const { clock, platform, stream } = setup({}, STOP);
    stream.show("whole");
    await clock.advance(1);
    expect(platform.answers[0]?.controls).toEqual(STOP);
    stream.show("whole text");
    await clock.advance(200);
    expect(platform.answers[0]).toMatchObject({ text: "whole text", controls: STOP });
    await stream.finish("whole text", RETRY);
    expect(platform.answers[0]?.controls).toEqual(RETRY);
    expect(platform.edits()).toBe(2);
  });

  it("move on with the text, so that only its last message has some", async () => {
    const { clock, platform, stream } = setup({ maxMessageChars: 20 }, STOP);
    stream.show("0123456789 12345678\n");
    await clock.advance(1);
    stream.show("0123456789 12345678\nnext");
    await clock.advance(500);
    expect(platform.answers.map(({ controls = [] }) => controls)).toEqual([[], STOP]);
    await stream.finish("0123456789 12345678\nnext one", []);
    expect(platform.answers.flatMap(({ controls = [] }) => controls)).toEqual([]);
  });
});

describe("createReplyStream()", () => {
  it("asks for the first text, then for progress, then for the last text", async () => {
    const { clock, platform, stream, texts } = setup();
    stream.show("one");
    await clock.advance(100);
    stream.show("one two");
    await clock.advance(100);
    await stream.finish("one two three");
    expect(platform.ranks).toEqual(["first-text", "progress", "last-text"]);
    expect(platform.sent).toEqual(["post", "edit", "edit"]);
    expect(texts()).toEqual(["one two three"]);
    expect(platform.answers[0]?.replyTo).toBe("q");
  });

  it("sends the newest text that there is when its wait is over", async () => {
    let open: () => void = () => {};
    const { platform, stream, texts } = setup({ wait: () => new Promise((resolve) => (open = resolve)) });
    stream.show("old");
    await settle();
    stream.show("old and new");
    open();
    await settle();
    expect(texts()).toEqual(["old and new"]);
    expect(platform.calls()).toBe(1);
  });

  it("calls off the wait for progress when the last text is there", async () => {
    const { stream, texts, platform } = setup({
      wait: (_channel, rank, signal) =>
        rank === "last-text"
          ? Promise.resolve()
          : new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    });
    stream.show("begin");
    await settle();
    expect(await stream.finish("begin and end")).toBe(true);
    expect(texts()).toEqual(["begin and end"]);
    expect(platform.calls()).toBe(1);
  });

  it("makes no call for a last text that is shown already", async () => {
    const { clock, platform, stream } = setup();
    stream.show("all");
    await clock.advance(100);
    await stream.finish("all");
    expect(platform.calls()).toBe(1);
    expect(platform.ranks).toEqual(["first-text"]);
  });

  it("shows the controls below the last message, also when its text is shown already", async () => {
    const { clock, platform, stream } = setup({ maxMessageChars: 50 });
    const text = "many words ".repeat(10).trim();
    stream.show(text);
    await clock.advance(1_000);
    await stream.finish(text, [{ label: "Use the default", command: "/models unpin" }]);
    expect(platform.answers.map(({ controls }) => controls?.length ?? 0)).toEqual([0, 0, 1]);
  });

  it("spreads a long answer over messages, of which only the last is ever edited", async () => {
    const { clock, platform, stream, posted } = setup({ maxMessageChars: 100 });
    const answer = Array.from({ length: 60 }, (_, index) => `word${index} `)
      .join("")
      .trim();
    const seen = new Map<string, string>();
    for (let end = 1; end <= answer.length; end += 7) {
      stream.show(answer.slice(0, end));
      await clock.advance(40);
      for (const { key, text } of platform.answers.slice(0, -1)) {
        expect(seen.get(key.message) ?? text).toBe(text);
        seen.set(key.message, text);
      }
    }
    expect(await stream.finish(answer)).toBe(true);
    expect(platform.answers.map(({ text }) => text).join("")).toBe(answer);
    expect(platform.answers.length).toBeGreaterThan(3);
    expect(posted).toEqual(platform.answers.map(({ key }) => key.message));
    expect(platform.answers.every(({ replyTo }) => replyTo === "q")).toBe(true);
  });

  it("shows a long answer that comes at once in order, each part by its own call", async () => {
    const { platform, stream, texts } = setup({ maxMessageChars: 50 });
    await stream.finish("some words ".repeat(20).trim());
    expect(texts().join("")).toBe("some words ".repeat(20).trim());
    expect(platform.ranks).toEqual(texts().map(() => "last-text"));
    expect(new Set(platform.sent)).toEqual(new Set(["post"]));
    expect(platform.edits()).toBe(0);
  });

  it("never posts a message of white space alone", async () => {
    const { clock, platform, stream, texts, warnings } = setup({ maxMessageChars: 50 });
    stream.show("\n\n");
    await clock.advance(100);
    expect(platform.calls()).toBe(0);
    await stream.finish(`\n\nstart${"\n".repeat(200)}end`);
    expect(texts().map((text) => text.trim())).toEqual(["start", "end"]);
    expect(warnings).toEqual([]);
  });

  it("repairs a failed edit with a later text, and is patient with the last one", async () => {
    const { clock, platform, stream, texts, warnings } = setup();
    stream.show("one");
    await clock.advance(100);
    platform.failing.add("edit");
    stream.show("one two");
    await clock.advance(99);
    expect(warnings).toHaveLength(1);
    const finished = stream.finish("one two three");
    await clock.advance(2_000);
    platform.failing.delete("edit");
    await clock.advance(1_000);
    expect(await finished).toBe(true);
    expect(texts()).toEqual(["one two three"]);
  });

  it("shows its first text soon after a platform has failed for a moment, although nothing more is said", async () => {
    const { clock, platform, stream, texts } = setup({ minEditGapMs: 1_000 });
    platform.refusing.set("post", "unavailable");
    stream.show("first words");
    await clock.advance(60);
    platform.refusing.clear();
    await clock.advance(40);
    expect(texts()).toEqual(["first words"]);
  });

  it("does not repeat an edit that failed: the next one brings its text", async () => {
    const { clock, platform, stream, texts } = setup({ minEditGapMs: 1_000 });
    stream.show("first words");
    await clock.advance(100);
    platform.refusing.set("edit", "unavailable");
    stream.show("first words and more");
    await clock.advance(1_500);
    platform.refusing.clear();
    const calls = platform.calls();
    await clock.advance(10_000);
    expect(platform.calls()).toBe(calls);
    stream.show("first words and more and the rest");
    await clock.advance(1_000);
    expect(texts()).toEqual(["first words and more and the rest"]);
  });

  it("waits for its first text exactly as long as a platform asks for, and shows the newest then", async () => {
    const { clock, platform, stream, texts } = setup({ minEditGapMs: 1_000 });
    platform.refusing.set("post", new PlatformError("fake", "rate-limited", "slow down", { retryAfterMs: 300 }));
    stream.show("first");
    await settle();
    platform.refusing.clear();
    stream.show("first and second");
    await clock.advance(299);
    expect(texts()).toEqual([]);
    await clock.advance(1);
    expect(texts()).toEqual(["first and second"]);
  });

  it("stops waiting for another try of its progress when the last text is there", async () => {
    const { clock, platform, stream, texts } = setup();
    platform.refusing.set("post", new PlatformError("fake", "rate-limited", "slow down", { retryAfterMs: 20_000 }));
    stream.show("first");
    await settle();
    platform.refusing.clear();
    expect(await stream.finish("first and last")).toBe(true);
    expect(texts()).toEqual(["first and last"]);
    expect(clock.sleepers()).toBe(0);
  });

  it("outlasts an outage of minutes with its last text, and gives up after five that got nothing further", async () => {
    const patient = setup();
    patient.platform.refusing.set("post", "unavailable");
    const shown = patient.stream.finish("text");
    await patient.clock.advance(240_000);
    patient.platform.refusing.clear();
    await patient.clock.advance(5_000);
    expect(await shown).toBe(true);
    expect(patient.texts()).toEqual(["text"]);

    const { clock, platform, stream } = setup();
    platform.refusing.set("post", "unavailable");
    const finished = expect(stream.finish("text")).rejects.toThrow("unavailable");
    await clock.advance(301_000);
    await finished;
    expect(platform.calls()).toBeLessThan(80);
  });

  it("counts the tries anew whenever it gets any further", async () => {
    let calls = 0;
    const { clock, stream, texts } = setup({
      maxMessageChars: 50,
      async reach() {
        calls += 1;
        if (calls % 4 !== 0) throw new Error("three of four calls fail");
      },
    });
    const answer = "some words ".repeat(12).trim();
    const finished = stream.finish(answer);
    await clock.advance(30_000);
    expect(await finished).toBe(true);
    expect(texts().length).toBeGreaterThan(2);
    expect(texts().join("")).toBe(answer);
  });

  it("waits as long as a platform that limits the rate asks for", async () => {
    const { clock, platform, stream, texts } = setup();
    platform.refusing.set("post", new PlatformError("fake", "rate-limited", "slow down", { retryAfterMs: 7_000 }));
    const finished = stream.finish("text");
    await settle();
    platform.refusing.clear();
    await clock.advance(6_999);
    expect(texts()).toEqual([]);
    await clock.advance(1);
    expect(await finished).toBe(true);
    expect(texts()).toEqual(["text"]);
  });

  it("tries nothing again that is not accepted", async () => {
    const { platform, stream } = setup();
    platform.refusing.set("post", "refused");
    await expect(stream.finish("text")).rejects.toThrow("refused");
    expect(platform.calls()).toBe(1);
  });

  it.each(["gone", "forbidden"] as const)(
    "tells once that its place is lost (%s), and sends nothing more",
    async (reason) => {
      const { clock, platform, stream, lost, warnings } = setup();
      stream.show("one");
      await clock.advance(100);
      platform.refusing.set("edit", reason);
      stream.show("one two");
      await clock.advance(100);
      expect(lost.map((error) => error.reason)).toEqual([reason]);
      const before = platform.calls();
      stream.show("one two three");
      await clock.advance(1_000);
      expect(await stream.finish("one two three four")).toBe(false);
      expect(platform.calls()).toBe(before);
      expect(lost).toHaveLength(1);
      expect(warnings).toEqual([]);
    },
  );

  it("tells that its place is lost when only the last text finds out", async () => {
    const { platform, stream, lost } = setup();
    platform.refusing.set("post", "forbidden");
    expect(await stream.finish("text")).toBe(false);
    expect(lost).toHaveLength(1);
  });
});

describe("an answer whose message can't be edited any more", () => {
  const grown = async (text: string, maxMessageChars = 2_000) => {
    const made = setup({ maxMessageChars }, STOP);
    made.stream.show(text);
    await made.clock.advance(1);
    made.platform.refusing.set("edit", "not-editable");
    return made;
  };

  it("goes on in another message, with nothing lost, nothing twice, and the controls there", async () => {
    const { clock, platform, stream, texts, lost, posted } = await grown("one two ");
    stream.show("one two three ");
    await clock.advance(1_000);
    expect(texts()).toEqual(["one two ", "three "]);
    platform.refusing.delete("edit");
    await stream.finish("one two three four", RETRY);
    expect(texts()).toEqual(["one two ", "three four"]);
    expect(platform.answers[1]?.controls).toEqual(RETRY);
    expect(posted).toHaveLength(2);
    expect(lost).toEqual([]);
  });

  it("opens a block of code again, also where the text has meanwhile filled several messages", async () => {
    const code = "```js\none();\n";
    const { stream, texts } = await grown(code, 60);
    await stream.finish(`${code}${"two();\n".repeat(12)}\`\`\`\n`);
    const all = texts();
    expect(all[0]).toBe(code);
    expect(all.length).toBeGreaterThan(2);
    for (const part of all.slice(1)) expect(part).toMatch(/^```js\n[\s\S]*```\n?$/);
    expect(all.join("").match(/two/g)).toHaveLength(12);
  });

  it("ends there where only its controls would change", async () => {
    const { stream, texts } = await grown("whole");
    expect(await stream.finish("whole", RETRY)).toBe(true);
    expect(texts()).toEqual(["whole"]);
  });
});

describe("an answer whose last text is refused", () => {
  it("bears no running controls any more", async () => {
    const { clock, platform, stream } = setup({}, STOP);
    stream.show("half");
    await clock.advance(1);
    platform.refusing.set("edit", "refused");
    const edit = platform.edit.bind(platform);
    platform.edit = async (message, reply, terms) => {
      const shown = typeof reply === "function" ? reply() : reply;
      if (shown?.markdown === "half") platform.refusing.delete("edit");
      await edit(message, reply, terms);
    };
    await expect(stream.finish("half and more", RETRY)).rejects.toMatchObject({ reason: "refused" });
    expect(platform.answers.map(({ text, controls = [] }) => [text, controls])).toEqual([["half", []]]);
  });
});
