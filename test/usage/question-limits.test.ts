import { beforeEach, describe, expect, it } from "vitest";
import { deferWrites } from "../../src/store/deferred-writes.js";
import { createQuestionLimits, type QuestionLimits } from "../../src/usage/question-limits.js";
import { deferNothing } from "../support/chat-deps.js";
import { type FakeClock, fakeClock, settle } from "../support/fake-clock.js";
import { type MemoryStore, memoryStore } from "../support/memory-store.js";

const TEN_MINUTES_MS = 600_000;
const ada = { platform: "discord", user: "ada", channel: "discord:1:a" };
const grace = { ...ada, user: "grace" };

describe("createQuestionLimits()", () => {
  let clock: FakeClock;
  let store: MemoryStore;
  beforeEach(() => {
    clock = fakeClock();
    store = memoryStore(clock.now);
  });
  const shared = { hasPeers: () => true, defer: deferNothing };
  const open = (userPer10Min: number, channelPer10Min = 0): QuestionLimits =>
    createQuestionLimits({ ...shared, terms: { userPer10Min, channelPer10Min }, store, clock });

  it("takes as many questions of a person as the limit says, over all replicas and after a restart", async () => {
    const [one, other] = [open(3), open(3)];
    const firstAt = clock.now();
    expect(await one.take(ada)).toEqual({ isAllowed: true });
    await clock.advance(1_000);
    expect(await other.take({ ...ada, channel: "discord:1:b" })).toEqual({ isAllowed: true });
    expect(await one.take(ada)).toEqual({ isAllowed: true });
    const until = Math.floor(firstAt / 1000) * 1000 + TEN_MINUTES_MS;
    for (const replica of [one, other, open(3)])
      expect(await replica.take(ada)).toEqual({ isAllowed: false, by: "user", until });
    expect(await other.take(grace)).toEqual({ isAllowed: true });
    await clock.advance(until - clock.now());
    expect((await other.take(ada)).isAllowed).toBe(true);
    expect((await one.take(ada)).isAllowed).toBe(false);
  });

  it("takes exactly the limit of many questions at the same time at two replicas", async () => {
    const replicas = [open(0, 20), open(0, 20)];
    const verdicts = await Promise.all(
      Array.from({ length: 60 }, (_, person) => replicas[person % 2]?.take({ ...ada, user: `person ${person}` })),
    );
    expect(verdicts.filter((verdict) => verdict?.isAllowed)).toHaveLength(20);
  });

  it("writes with the next write of a process without peers, and counts on where that fails", async () => {
    const patient = deferWrites(store, { warn() {} });
    const limits = createQuestionLimits({
      ...{ terms: { userPer10Min: 4, channelPer10Min: 0 }, clock, hasPeers: () => false },
      ...patient,
    });
    expect((await limits.take(ada)).isAllowed).toBe(true);
    const calls = store.calls();
    for (let question = 2; question <= 4; question++) expect((await limits.take(ada)).isAllowed).toBe(true);
    expect(store.calls()).toBe(calls);
    store.breakDown();
    await expect(patient.store.write([])).rejects.toThrow();
    store.recover();
    await patient.store.write([]);
    expect((await open(4).take(ada)).isAllowed).toBe(false);
    expect((await limits.take(ada)).isAllowed).toBe(false);
  });

  it("loses no count to a replica that comes while there is none", async () => {
    const patient = deferWrites(store, { warn() {} });
    const terms = { userPer10Min: 4, channelPer10Min: 0 };
    const alone = createQuestionLimits({ ...patient, terms, clock, hasPeers: () => false });
    const other = open(4);
    for (let question = 1; question <= 3; question++) expect((await alone.take(ada)).isAllowed).toBe(true);
    expect((await other.take(ada)).isAllowed).toBe(true);
    await patient.store.write([]);
    await settle();
    expect((await other.take(ada)).isAllowed).toBe(false);
  });

  it("counts a refused question for neither limit, and takes a workspace's lower one", async () => {
    const limits = open(2, 1);
    expect((await limits.take(ada)).isAllowed).toBe(true);
    expect(await limits.take(grace)).toMatchObject({ isAllowed: false, by: "channel" });
    const elsewhere = { ...grace, channel: "discord:1:b" };
    expect((await limits.take(elsewhere, { userPer10Min: 1 })).isAllowed).toBe(true);
    expect(await limits.take({ ...grace, channel: "discord:1:c" }, { userPer10Min: 1 })).toMatchObject({ by: "user" });
    expect((await limits.take({ ...grace, channel: "discord:1:c" })).isAllowed).toBe(true);
  });

  it("writes nothing where there is no limit, and names nobody where there is", async () => {
    await open(0).take(ada);
    expect(await store.values("counts").entries()).toEqual([]);
    await open(1, 1).take(ada);
    expect(JSON.stringify(await store.values("counts").entries())).not.toContain("ada");
  });

  it("erases what counts no more", async () => {
    const limits = open(1, 1);
    await limits.take(ada);
    await clock.advance(TEN_MINUTES_MS / 2);
    await limits.take({ ...grace, channel: "discord:1:b" });
    await clock.advance(TEN_MINUTES_MS / 2);
    expect(await limits.erasePast()).toBe(2);
    expect(await store.values("counts").entries()).toHaveLength(2);
  });

  it("counts on in rows that were erased", async () => {
    const patient = deferWrites(store, { warn() {} });
    const terms = { userPer10Min: 1, channelPer10Min: 0 };
    const limits = createQuestionLimits({ ...patient, terms, clock, hasPeers: () => false });
    await limits.take(ada);
    await clock.advance(TEN_MINUTES_MS);
    await limits.erasePast();
    expect((await limits.take(ada)).isAllowed).toBe(true);
    await patient.store.write([]);
    expect((await open(1).take(ada)).isAllowed).toBe(false);
  });
});
