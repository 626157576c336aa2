import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import { createRateScheduler } from "../../../src/bot/delivery/rate-scheduler.js";
import { createReplyStream } from "../../../src/bot/delivery/reply-stream.js";
import { createSlidingWindow } from "../../../src/bot/delivery/sliding-window.js";
import { PlatformError } from "../../../src/bot/port/platform-error.js";
import { fakeClock } from "../../support/fake-clock.js";
import { fakePlatform } from "../../support/fake-platform.js";
import { rateLimitedService } from "../../support/rate-limited-service.js";

const ROUND_TRIP_MS = 60;

interface Terms {
  readonly limitOf: (bucket: string) => { limit: number; windowMs: number };
  readonly global?: { limit: number; windowMs: number };
  /** The real bucket of a call. */
  readonly bucketOf: (call: "post" | "edit", channel: string) => string;
  readonly hasHeaders: boolean;
  readonly minEditGapMs: number;
}

/** Replies that stream at once over a service that counts its calls. */
function simulation({ limitOf, global, bucketOf, hasHeaders, minEditGapMs }: Terms) {
  const clock = fakeClock();
  const service = rateLimitedService({ clock, roundTripMs: () => ROUND_TRIP_MS, limitOf, ...(global && { global }) });
  const scheduler = createRateScheduler({
    clock,
    allowanceOf: (bucket) => createSlidingWindow(limitOf(bucket)),
    ...(global && {
      global: {
        allowance: createSlidingWindow(global),
        kept: (rank) => Math.floor(global.limit * (rank === "progress" ? 0.2 : 0.3)),
      },
    }),
  });
  const log = { warn: () => {} } as unknown as Log;
  const replies: { question: string; firstMs: number; lastMs: number; isDone: boolean }[] = [];

  /** One answer of `tokens` words, one each `tokenMs`. */
  async function reply(channel: string, question: string, tokens: number, tokenMs: number) {
    let hasPosted = false;
    const platform = fakePlatform("fake", {
      minEditGapMs,
      wait: (_channel, rank, signal) =>
        scheduler.take(bucketOf(hasPosted ? "edit" : "post", channel), rank, signal, question),
      async reach(call) {
        if (call !== "post" && call !== "edit") return;
        const bucket = bucketOf(call, channel);
        const { status, limits, retryAfterMs } = await service.call(bucket);
        scheduler.learn(bucket, hasHeaders ? limits : undefined);
        if (status === 200) hasPosted = true;
        else throw new PlatformError("fake", "rate-limited", "429", { retryAfterMs });
      },
    });
    const stream = createReplyStream({
      platform,
      question: platform.mention("?", { channel, message: question }).message,
      asker: { id: "ada", name: "ada" },
      controls: [],
      clock,
      log,
      onPosted: async () => {
        entry.firstMs = clock.now() - startedAt;
      },
      onLost: () => {},
    });
    const startedAt = clock.now();
    const entry = { question, firstMs: -1, lastMs: -1, isDone: false };
    replies.push(entry);
    let text = "";
    for (let token = 0; token < tokens; token++) {
      text += `word${token} `;
      stream.show(text);
      await clock.sleep(tokenMs);
    }
    const endedAt = clock.now();
    await stream.finish(text);
    entry.lastMs = clock.now() - endedAt;
    entry.isDone = platform.answers.map((answer) => answer.text).join("") === text;
  }
  const max = (read: (entry: (typeof replies)[number]) => number) => Math.max(...replies.map(read));
  return { clock, service, reply, replies, max };
}

const discord: Terms = {
  limitOf: () => ({ limit: 5, windowMs: 5_000 }),
  global: { limit: 50, windowMs: 1_000 },
  bucketOf: (call, channel) => `${call} ${channel}`,
  hasHeaders: true,
  minEditGapMs: 1_000,
};

describe("pacing", () => {
  it("completes 20 replies at once in 20 channels and 3 in one, against 5 edits per 5 s, with no call refused", async () => {
    const { clock, service, reply, replies, max } = simulation(discord);
    for (let channel = 0; channel < 20; channel++) void reply(`channel ${channel}`, `q${channel}`, 150 + channel, 80);
    for (let question = 0; question < 3; question++) void reply("crowded", `c${question}`, 150 + question, 80);
    await clock.advance(30_000);
    expect(replies.filter(({ isDone }) => isDone)).toHaveLength(23);
    expect(service.refused).toEqual([]);
    expect(max(({ firstMs }) => firstMs)).toBe(ROUND_TRIP_MS);
    // At worst a call is in flight when the answer ends.
    expect(max(({ lastMs }) => lastMs)).toBeLessThanOrEqual(2 * ROUND_TRIP_MS);
    const edits = service.arrivals.filter(({ bucket }) => bucket === "edit channel 0").length;
    expect(edits).toBeGreaterThanOrEqual(9); // 12 s of text: about as many edits as the route has room for
  });

  it("ends many short replies in one channel as soon as the route allows", async () => {
    const { clock, service, reply, replies, max } = simulation(discord);
    for (let question = 0; question < 5; question++) void reply("crowded", `c${question}`, 30, 80);
    await clock.advance(60_000);
    expect(replies.every(({ isDone }) => isDone)).toBe(true);
    expect(service.refused).toEqual([]);
    expect(max(({ lastMs }) => lastMs)).toBeLessThanOrEqual(5_250 + 2 * ROUND_TRIP_MS);
  });

  it("completes 16 replies at once in one Slack workspace, with edits of 50 a minute and no word of what is left", async () => {
    const { clock, service, reply, replies, max } = simulation({
      limitOf: (bucket) =>
        bucket.startsWith("post") ? { limit: 1, windowMs: 1_000 } : { limit: 50, windowMs: 60_000 },
      bucketOf: (call, channel) => (call === "post" ? `post ${channel}` : "edit"),
      hasHeaders: false,
      minEditGapMs: 1_000,
    });
    for (let question = 0; question < 16; question++) void reply(`channel ${question}`, `q${question}`, 250, 80);
    await clock.advance(90_000);
    expect(replies.filter(({ isDone }) => isDone)).toHaveLength(16);
    expect(service.refused).toEqual([]);
    expect(max(({ firstMs }) => firstMs)).toBe(ROUND_TRIP_MS);
    expect(max(({ lastMs }) => lastMs)).toBeLessThanOrEqual(2 * ROUND_TRIP_MS);
  });
});
