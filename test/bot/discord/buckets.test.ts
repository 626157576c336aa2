import { describe, expect, it } from "vitest";
import { createCalls, createRealBuckets, routeOf } from "../../../src/bot/discord/send/calls.js";
import type { DiscordAnswer } from "../../../src/bot/discord/wire/answer.js";
import type { Rank } from "../../../src/bot/port/platform.js";
import { fakeClock, settle } from "../../support/fake-clock.js";

const place = (channel: string) => ({ platform: "discord", workspace: "1", channel });
const answer = (headers: Record<string, string>, status = 200): DiscordAnswer => ({
  status,
  headers: new Headers(headers),
  body: {},
  code: undefined,
  message: undefined,
  limited: status === 429 ? { retryAfterMs: 2_000, isGlobal: false } : undefined,
});
const told = (bucket: string, remaining: number, limit = 5, resetAfter = 5) =>
  answer({
    "x-ratelimit-bucket": bucket,
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset-after": String(resetAfter),
  });

/** Which of these calls may go out at once. */
async function granted(waiting: readonly Promise<void>[]): Promise<number> {
  let count = 0;
  for (const one of waiting)
    void one.then(
      () => {
        count += 1;
      },
      () => {}, // the test ends before its turn comes
    );
  await settle();
  return count;
}

describe("routeOf()", () => {
  it.each([
    ["POST", "/channels/12/messages", "POST /channels/:id/messages", "12", true],
    ["PATCH", "/channels/12/messages/34", "PATCH /channels/:id/messages/:id", "12", true],
    ["PUT", "/channels/12/messages/34/reactions/%F0%9F%91%80/@me", "/channels/:id/messages/:id/reactions", "12", true],
    ["DELETE", "/channels/12/messages/34/reactions/x/56", "/channels/:id/messages/:id/reactions", "12", true],
    ["GET", "/guilds/7/channels", "GET /guilds/:id/channels", "7", true],
    ["GET", "/gateway/bot", "GET /gateway/bot", "", true],
    ["PATCH", "/webhooks/9/aBc.1/messages/34", "PATCH /webhooks/:id/:token/messages/:id", "aBc.1", false],
    ["POST", "/interactions/9/aBc.1/callback", "POST /interactions/:id/:token/callback", "aBc.1", false],
  ])("%s %s is counted as %s of %s", (method, path, name, major, isGlobal) => {
    expect(routeOf(method, path)).toEqual({ name, major, isGlobal });
  });
});

describe("createRealBuckets()", () => {
  const post = (channel: string) => routeOf("POST", `/channels/${channel}/messages`);
  const edit = (channel: string) => routeOf("PATCH", `/channels/${channel}/messages/1`);

  it("takes two routes for one where Discord names them so, in each channel apart", () => {
    const real = createRealBuckets();
    expect(real.bucketOf(post("1"))).not.toBe(real.bucketOf(edit("1")));
    real.learn(post("1"), "abc");
    expect(real.learn(edit("1"), "abc")).toEqual({ from: "PATCH /channels/:id/messages/:id@1", bucket: "abc@1" });
    expect(real.bucketOf(edit("2"))).toBe(real.bucketOf(post("2")));
    expect(real.bucketOf(edit("2"))).not.toBe(real.bucketOf(edit("1")));
    expect(real.routeNameOf("abc@2")).toBe("POST /channels/:id/messages");
  });

  it("bears names that differ from channel to channel", () => {
    const real = createRealBuckets();
    for (let time = 0; time < 2; time++) {
      real.learn(post("1"), "one");
      real.learn(post("2"), "two");
    }
    expect([real.bucketOf(post("1")), real.bucketOf(post("2"))]).toEqual(["one@1", "two@2"]);
  });
});

describe("createCalls()", () => {
  it("counts posts and edits of a channel together once Discord has named their bucket the same", async () => {
    const calls = createCalls(fakeClock());
    const post = () => calls.takeMessage("post", place("1"), { rank: "last-text" });
    const edit = () => calls.takeMessage("edit", place("1"), { rank: "last-text" });
    await post();
    calls.onAnswer("POST", "/channels/1/messages", told("shared", 4), 60);
    await edit();
    calls.onAnswer("PATCH", "/channels/1/messages/9", told("shared", 3), 60);
    expect(await granted([post(), edit(), post(), edit(), post()])).toBe(3);
    const elsewhere = { ...place("2") };
    expect(await granted([calls.takeMessage("post", elsewhere, { rank: "last-text" })])).toBe(1);
    calls.stop();
  });

  it("forgets no call when its bucket turns out to have another name, though nothing else is told", async () => {
    const calls = createCalls(fakeClock());
    const named = answer({ "x-ratelimit-bucket": "shared" });
    for (let call = 0; call < 2; call++) await calls.takeMessage("post", place("1"), { rank: "last-text" });
    calls.onAnswer("POST", "/channels/1/messages", named, 60);
    await calls.takeMessage("edit", place("1"), { rank: "last-text" });
    calls.onAnswer("PATCH", "/channels/1/messages/9", named, 60);
    const waiting = Array.from({ length: 5 }, () => calls.takeMessage("edit", place("1"), { rank: "last-text" }));
    expect(await granted(waiting)).toBe(2);
    calls.stop();
  });

  it("has fewer calls on their way where other replicas make calls too, and keeps some of those for ends", async () => {
    const clock = fakeClock();
    const calls = createCalls(clock);
    let replicas = 9;
    calls.shareWith(() => replicas);
    const edits = (rank: Rank, count: number) =>
      Array.from({ length: count }, (_, index) => calls.takeMessage("edit", place(`${rank} ${index}`), { rank }));
    expect(await granted(edits("progress", 10))).toBe(4);
    const ends = edits("last-text", 10);
    expect(await granted(ends)).toBe(1);
    // What has ended makes room, for the most urgent first.
    calls.onAnswer("PATCH", "/channels/1/messages/9", answer({}), 60);
    calls.onAnswer("PATCH", "/channels/2/messages/9", undefined, 60);
    expect(await granted(ends)).toBe(3);
    replicas = 1;
    calls.onAnswer("PATCH", "/channels/3/messages/9", answer({}), 60);
    expect(await granted(ends)).toBe(10);
    calls.stop();
  });

  it("keeps a new channel to what is assumed of the route, also under the bucket's own name", async () => {
    const calls = createCalls(fakeClock());
    await calls.takeMessage("post", place("1"), { rank: "last-text" });
    calls.onAnswer("POST", "/channels/1/messages", told("posts", 4), 60);
    const waiting = Array.from({ length: 9 }, () => calls.takeMessage("post", place("2"), { rank: "last-text" }));
    expect(await granted(waiting)).toBe(5);
    calls.stop();
  });

  it("counts a call as long as it may have arrived last, however long its answer took", async () => {
    const clock = fakeClock();
    const calls = createCalls(clock);
    const post = () => calls.takeMessage("post", place("1"), { rank: "last-text" });
    for (let call = 0; call < 5; call++) await post();
    await clock.advance(800);
    for (let call = 0; call < 5; call++) calls.onAnswer("POST", "/channels/1/messages", answer({}), 800);
    const waiting = [post()];
    await clock.advance(5_000);
    expect(await granted(waiting)).toBe(0);
    await clock.advance(10);
    expect(await granted(waiting)).toBe(1);
    calls.stop();
  });

  it("closes one bucket after a refusal, all of them after one for all, and none of the interactions' then", async () => {
    const clock = fakeClock();
    const calls = createCalls(clock);
    calls.onAnswer("PATCH", "/channels/1/messages/9", answer({}, 429), 60);
    const edit = calls.takeMessage("edit", place("1"), { rank: "last-text" });
    expect(await granted([edit, calls.takeMessage("post", place("1"), { rank: "last-text" })])).toBe(1);
    await clock.advance(2_000);
    expect(await granted([edit])).toBe(1);
    const all: DiscordAnswer = { ...answer({}, 429), limited: { retryAfterMs: 3_000, isGlobal: true } };
    calls.onAnswer("PATCH", "/channels/1/messages/9", all, 60);
    const elsewhere = calls.takeMessage("post", place("2"), { rank: "last-text" });
    expect(await granted([elsewhere, calls.take("PATCH", "/webhooks/1/t/messages/@original", "error")])).toBe(1);
    await clock.advance(3_000);
    expect(await granted([elsewhere])).toBe(1);
    calls.stop();
  });

  it("counts a call into what all may be until it has ended, however late that is", async () => {
    const clock = fakeClock();
    const calls = createCalls(clock);
    for (let at = 0; at < 45; at++) await calls.takeMessage("post", place(`${at}`), { rank: "last-text" });
    const waiting = [calls.takeMessage("post", place("99"), { rank: "last-text" })];
    await clock.advance(9_000);
    expect(await granted(waiting)).toBe(0);
    for (let at = 0; at < 45; at++) calls.onAnswer("POST", `/channels/${at}/messages`, undefined, 9_000);
    await clock.advance(1_010);
    expect(await granted(waiting)).toBe(1);
    calls.stop();
  });

  it("leaves three tenths of what all calls may be to texts, and a fifth to those that begin or end", async () => {
    const clock = fakeClock();
    const calls = createCalls(clock);
    const reads = Array.from({ length: 60 }, (_, at) => calls.take("GET", `/channels/${at}`, "mark"));
    expect(await granted(reads)).toBe(32);
    const edits = Array.from({ length: 20 }, (_, at) =>
      calls.takeMessage("edit", place(`${at}`), { rank: "progress" }),
    );
    await clock.advance(900);
    expect(await granted(edits)).toBe(4);
    const posts = Array.from({ length: 20 }, (_, at) =>
      calls.takeMessage("post", place(`${at}`), { rank: "first-text" }),
    );
    expect(await granted(posts)).toBe(9);
    calls.stop();
  });

  it("spaces the edits of an answer by what they take, so that its last text seldom waits for one", async () => {
    const clock = fakeClock();
    const calls = createCalls(clock);
    const edit = (rank: "progress" | "last-text") =>
      calls.takeMessage("edit", { ...place("1"), message: "5" }, { rank });
    await edit("progress");
    calls.onAnswer("PATCH", "/channels/1/messages/9", answer({}), 800);
    const next = [edit("progress")];
    await clock.advance(1_700);
    expect(await granted(next)).toBe(0);
    expect(await granted([edit("last-text")])).toBe(1);
    await clock.advance(60);
    expect(await granted(next)).toBe(1);
    calls.stop();
  });
});
