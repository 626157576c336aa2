import { describe, expect, it } from "vitest";
import { ENDING_MARKS } from "../../../src/bot/turn/endings.js";
import { StoreError } from "../../../src/store/store.js";
import { settle } from "../../support/fake-clock.js";
import { CONVERSATION, type World, world } from "../chat-world.js";

const ROUND_TRIP_MS = 1_000;
/** The question is stored; the lease is taken, and read behind it; the turn is saved. A thread pins its channel too. */
const MOST_ROUND_TRIPS = 4;

const PIN = { provider: "openai", model: "m1", at: 1, by: "Ada" };
const slowWorld = () => world(undefined, { roundTripMs: ROUND_TRIP_MS });

/** Asks, answers at once, and gives the round trips from the receipt to the end mark. */
async function roundTripsOf(it: World, where: { message: string; channel?: string; thread?: string }): Promise<number> {
  const startedAt = it.clock.now();
  const mention = it.platform.mention("hello", where);
  const message = { ...mention.message, ...(where.thread !== undefined && { thread: where.thread }) };
  const taken = it.chat.onMention(it.platform, { ...mention, message });
  const answered = it.openai.streams.length;
  for (let isAnswered = false; !it.platform.marksOf(where.message).includes(ENDING_MARKS.done); ) {
    await it.clock.advance(ROUND_TRIP_MS / 10);
    await settle();
    const stream = it.openai.streams[answered];
    if (stream !== undefined && !isAnswered) {
      isAnswered = true;
      stream.send("hi");
      stream.finish();
    }
    if (it.clock.now() - startedAt > 60 * ROUND_TRIP_MS) throw new Error("no end mark came");
  }
  const roundTrips = (it.clock.now() - startedAt) / ROUND_TRIP_MS;
  await it.clock.advance(5 * ROUND_TRIP_MS);
  await taken;
  return roundTrips;
}

describe("a question with a slow store", () => {
  it("waits for few round trips in a new channel, and for no more later", async () => {
    const it = slowWorld();
    expect(await roundTripsOf(it, { message: "q1" })).toBeLessThanOrEqual(MOST_ROUND_TRIPS);
    expect(await roundTripsOf(it, { message: "q2" })).toBeLessThanOrEqual(MOST_ROUND_TRIPS);
    expect(it.openai.streams[1]?.request.messages).toHaveLength(3);
  });

  it("waits for few round trips in a new thread of a new channel", async () => {
    const it = slowWorld();
    expect(await roundTripsOf(it, { message: "q1", thread: "t1" })).toBeLessThanOrEqual(MOST_ROUND_TRIPS);
    expect(it.store.peek("sessions", CONVERSATION)).toMatchObject({ pin: { model: "m1", by: null } });
    expect(it.store.peek("sessions", `${CONVERSATION}:t1`)).toMatchObject({ pin: { model: "m1" }, nextTurn: 1 });
  });

  it("waits for few round trips where a line has to be told and remembered", async () => {
    const it = slowWorld();
    const chosen = it.sessions.change(CONVERSATION, (session) => ({ ...session, pin: PIN, pinNews: "chosen" }));
    await it.clock.advance(5 * ROUND_TRIP_MS);
    await chosen;
    expect(await roundTripsOf(it, { message: "q1" })).toBeLessThanOrEqual(MOST_ROUND_TRIPS);
    expect(it.texts()[0]).toContain("chosen by Ada");
    expect(it.store.peek("sessions", CONVERSATION)).not.toHaveProperty("pinNews");
  });

  it("keeps a model that a person chooses while the first answer is written", async () => {
    const it = world();
    await it.ask("hello", { message: "q1" });
    await it.sessions.change(CONVERSATION, (session) => ({ ...session, pin: { ...PIN, model: "m2" } }));
    it.openai.streams[0]?.send("hi");
    it.openai.streams[0]?.finish();
    await it.clock.advance(1_000);
    expect(it.store.peek("sessions", CONVERSATION)).toMatchObject({ pin: { model: "m2", by: "Ada" }, nextTurn: 1 });
  });
});

it("a turn that could not be finished is told in words, however late the words can be stored", async () => {
  const it = world();
  const { post } = it.platform;
  let failures = 2;
  it.platform.post = async (...terms) => {
    if (failures-- > 0) throw new StoreError("it cannot be reached");
    return post(...terms);
  };
  it.store.damage("sessions", CONVERSATION);
  await it.ask("hello", { message: "q1" });
  expect(it.platform.marksOf("q1")).not.toContain("failed");
  await it.clock.advance(5_000);
  expect(it.texts()).toHaveLength(1);
  expect(it.platform.marksOf("q1").at(-1)).toBe("failed");
});
