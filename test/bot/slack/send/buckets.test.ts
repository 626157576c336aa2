import { describe, expect, it } from "vitest";
import { createRateScheduler } from "../../../../src/bot/delivery/rate-scheduler.js";
import { createTokenBucket } from "../../../../src/bot/delivery/token-bucket.js";
import type { Rank } from "../../../../src/bot/port/platform.js";
import { bucketOf, termsOf } from "../../../../src/bot/slack/send/caller.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";

describe("createRateScheduler() over token buckets", () => {
  const start = (capacity = 2, perMinute = 60) => {
    const clock = fakeClock();
    const buckets = createRateScheduler({
      clock,
      allowanceOf: () => createTokenBucket({ capacity, perMinute }, clock.now()),
    });
    const served: string[] = [];
    const take = (name: string, rank: Rank = "progress", flow = name, bucket = "a", signal?: AbortSignal) =>
      void buckets.take(bucket, rank, signal, flow).then(
        () => served.push(name),
        () => served.push(`${name} refused`),
      );
    return { clock, buckets, served, take };
  };
  const RANKS: readonly Rank[] = ["mark", "progress", "first-text", "error", "last-text"];

  it("lets so many go at once, and the others as they come back", async () => {
    const { clock, served, take } = start();
    for (const name of ["one", "two", "three"]) take(name, "last-text");
    await settle();
    expect(served).toEqual(["one", "two"]);
    await clock.advance(1_000);
    expect(served).toHaveLength(2);
    await clock.advance(100);
    expect(served).toHaveLength(3);
  });

  it("divides calls at once and calls a minute among the replicas, and goes on with all of them when alone", async () => {
    const clock = fakeClock();
    let sharers = 3;
    const bucket = createTokenBucket({ capacity: 12, perMinute: 60, sharers: () => sharers }, clock.now());
    const takeAll = () => {
      let taken = 0;
      for (; bucket.opensAt("last-text", 0, clock.now()) <= clock.now(); taken++) {
        bucket.take("last-text", clock.now());
        bucket.answer(undefined, clock.now());
      }
      return taken;
    };
    expect(takeAll()).toBe(4);
    await clock.advance(3_200); // a little less than a third of 60 a minute
    expect(takeAll()).toBe(1);
    sharers = 1;
    await clock.advance(60_000);
    expect(takeAll()).toBe(12);
  });

  it("serves the end of an answer first, then errors, first words, growth and marks", async () => {
    const { clock, buckets, served, take } = start(1);
    expect(buckets.tryTake("a")).toBe(true);
    for (const rank of RANKS) take(rank, rank);
    await clock.advance(60_000);
    expect(served).toEqual([...RANKS].reverse());
  });

  it("serves within a rank who was served longest ago", async () => {
    const { clock, served, take } = start(1, 60);
    take("x1", "last-text", "x");
    await clock.advance(10);
    for (const name of ["x2", "y1"]) take(name, "last-text", name[0]);
    await clock.advance(5_000);
    expect(served).toEqual(["x1", "y1", "x2"]);
  });

  it("keeps one call for the end of each answer that grows", async () => {
    const { clock, served, take } = start(4, 60);
    for (const flow of ["x", "y"]) take(`${flow} grows`, "progress", flow);
    await settle();
    expect(served).toEqual(["x grows", "y grows"]);
    take("x grows on", "progress", "x");
    await settle();
    expect(served).toHaveLength(2);
    take("x ends", "last-text", "x");
    take("y ends", "last-text", "y");
    await settle();
    expect(served).toEqual(["x grows", "y grows", "x ends", "y ends"]);
    await clock.advance(10_000);
    expect(served.at(-1)).toBe("x grows on");
  });

  it("closes what Slack has refused for as long as it says, and nothing else", async () => {
    const { clock, buckets, served, take } = start();
    buckets.penalize("a", 30_000);
    take("held", "last-text");
    take("other", "last-text", "other", "b");
    await clock.advance(29_000);
    expect(served).toEqual(["other"]);
    expect(buckets.tryTake("a")).toBe(false);
    await clock.advance(3_000);
    expect(served).toEqual(["other", "held"]);
  });

  it("takes at once or not at all, and says what is left", () => {
    const { buckets } = start(2);
    expect(buckets.left("a")).toBe(2);
    for (const isTaken of [true, true, false]) expect(buckets.tryTake("a")).toBe(isTaken);
    expect(buckets.left("a")).toBe(0);
  });

  it("charges nothing to whoever leaves the line, and turns everybody away at the end", async () => {
    const { clock, buckets, served, take } = start(1);
    take("one", "last-text");
    const leaving = new AbortController();
    take("two", "last-text", "two", "a", leaving.signal);
    take("three", "last-text");
    leaving.abort(new Error("no more"));
    await clock.advance(1_100);
    expect(served).toEqual(["one", "two refused", "three"]);
    take("four", "last-text");
    buckets.stop(new Error("over"));
    take("five", "last-text");
    await settle();
    expect(served.slice(3)).toEqual(["four refused", "five refused"]);
  });
});

describe("Slack's tiers", () => {
  it("are one bucket for a workspace and method, but for posts, which are limited by channel", () => {
    expect(bucketOf("chat.update", "C1")).toBe(bucketOf("chat.update", "C2"));
    expect(bucketOf("chat.postMessage", "C1")).not.toBe(bucketOf("chat.postMessage", "C2"));
    expect(termsOf(bucketOf("chat.postMessage", "C1"))).toEqual({ capacity: 1, perMinute: 60 });
    expect(termsOf("chat.startStream").perMinute).toBe(20);
    expect(termsOf("some.method").perMinute).toBe(20);
  });
});
