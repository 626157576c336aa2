import { describe, expect, it } from "vitest";
import { createPersonalData } from "../../../src/bot/personal-data/personal-data.js";
import type { PlatformParts } from "../../../src/bot/port/platform-definition.js";
import { createWatchRows } from "../../../src/refresh/watch/watch-rows.js";
import { type AuditEntry, createAudit } from "../../../src/store/audit.js";
import { erasedAnswerKey, erasedPersonKey } from "../../../src/store/sessions/erase-conversations.js";
import { createSessions, type Turn } from "../../../src/store/sessions/sessions.js";
import { TABLES } from "../../../src/store/store.js";
import { personAccount } from "../../../src/usage/budgets/budget.js";
import { createLedger } from "../../../src/usage/ledger.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import { memoryStore } from "../../support/memory-store.js";
import { entry } from "../../usage/entries.js";

const ADA = { platform: "discord", id: "u1" };
const CANARY = "the-canary-that-must-go";
const [SHARED, DIRECT, OTHERS] = ["discord:1:general", "discord:dm-u1:d1", "slack:T1:C1"];

const turn = (message: string, author: string, authorId: string, text: string): Turn => ({
  question: { message, author, authorId, text, sent: `quoted: ${text}`, at: 1 },
  answer: `An answer to ${text}`,
  shownIn: `${message}-answer`,
  ending: "done",
  provider: "openai",
  model: "gpt-5",
  usage: null,
  endedAt: 2,
});

const accountOf = (id: string, name: string, tokens: number) => ({
  table: "counts" as const,
  key: `budget/${personAccount("discord:1", "discord", id)}/day`,
  value: { startsAt: 0, madeAt: 0, usd: 0.5, tokens, questions: 1, unpriced: 0, held: {}, told: {}, name },
});

async function world() {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const sessions = createSessions({ store, now: clock.now });
  const ledger = createLedger({ store, clock });
  const say = async (conversation: string, ...turns: readonly Turn[]) => {
    for (const each of turns) await sessions.take(conversation, each);
  };
  await say(SHARED, turn("m1", "Ada", "u1", CANARY), turn("m2", "Bob", "u2", "what Bob says"));
  await say(DIRECT, turn("m3", "Ada L.", "u1", `${CANARY} again`));
  const quoting = turn("m5", "Bob", "u2", "what does that mean?");
  await say(SHARED, {
    ...quoting,
    question: { ...quoting.question, sent: `In reply to Ada:\n> ${CANARY}\n\nwhat does that mean?` },
  });
  await say(OTHERS, turn("m4", "Ada", "u1", "another Ada, on Slack"));
  await sessions.change(SHARED, (before) => ({
    ...before,
    pin: { provider: "openai", model: "gpt-5", at: 1, by: "Ada L." },
  }));
  const detour = { provider: "groq", model: "m", until: 9, window: "w", at: 1, by: "Ada", pinAt: 1 };
  await sessions.change(DIRECT, (before) => ({ ...before, detour }));
  const audit = createAudit({ store, now: clock.now });
  const by = (id: string, name: string) => ({
    ...{ platform: "discord", workspace: "discord:1", conversation: SHARED, isDirect: false, user: { id, name } },
  });
  await audit.note(by("u1", "Ada"), "settings", { what: "footer", after: "on" });
  await audit.note(by("u2", "Bob"), "settings", { what: "footer", before: "on", after: "off" });
  await createWatchRows(store).change(SHARED, () => ({
    isDirect: false,
    watches: [{ pattern: "*", kind: "all", by: "Ada", at: 1 }],
  }));
  const used = (id: string, fields: object) => ledger.writeOf(entry({ id, at: clock.now(), ...fields }));
  await store.write([
    used("a", { platform: "discord", user: { id: "u1", name: "Ada" }, inputTokens: 7 }),
    used("b", { platform: "discord", user: { id: "u2", name: "Bob" } }),
    used("c", { platform: "slack", workspace: "slack:T1", user: { id: "u1", name: "Ada" } }),
  ]);
  await store.write([
    accountOf("u1", "Ada L.", 7),
    accountOf("u2", "Bob", 8),
    { ...accountOf("u1", "another Ada", 9), key: `budget/${personAccount("slack:T1", "slack", "u1")}/day` },
  ]);
  const edits: string[] = [];
  const surface = {
    platform: {
      name: "discord",
      async edit({ message }: { message: string }, reply: { markdown: string }) {
        if (message === "m3-answer") throw new Error("it is gone");
        edits.push(`${message}: ${reply.markdown}`);
      },
    },
  } as unknown as { -readonly [K in keyof PlatformParts]: PlatformParts[K] };
  const log = { info() {}, warn() {} };
  const forgotten: string[] = [];
  const personalData = createPersonalData({
    store,
    clock,
    log,
    surfaces: [surface],
    forgetImages: (conversation) => void forgotten.push(conversation),
  });
  const dump = async () => {
    return JSON.stringify(await Promise.all(TABLES.map((table) => store.values(table).entries())));
  };
  return { clock, store, surface, sessions, ledger, personalData, edits, forgotten, dump };
}

describe("personalData.summary()", () => {
  it("counts what is kept of a person on their platform", async () => {
    const { personalData } = await world();
    expect(await personalData.summary(ADA)).toEqual({
      questions: 2,
      conversations: 2,
      usageEntries: 1,
      choices: 3,
      votes: 0,
      changes: 1,
      budgets: 1,
    });
    expect(await personalData.summary({ platform: "discord", id: "nobody" })).toEqual({
      questions: 0,
      conversations: 0,
      usageEntries: 0,
      choices: 0,
      votes: 0,
      changes: 0,
      budgets: 0,
    });
  });
});

describe("personalData.export()", () => {
  it("has all of it and nothing of others", async () => {
    const { personalData } = await world();
    const text = new TextDecoder().decode(await personalData.export(ADA));
    const file = JSON.parse(text);
    expect(file.questions.map(({ question }: { question: string }) => question).sort()).toEqual([
      CANARY,
      `${CANARY} again`,
    ]);
    expect(file.usage).toHaveLength(1);
    expect(file.changes).toMatchObject([{ kind: "settings", changes: [{ what: "footer" }] }]);
    expect(file.watches).toMatchObject([{ channel: SHARED, watches: [{ by: "Ada" }] }]);
    expect(file.budgets).toEqual([
      { period: "day", since: "1970-01-01T00:00:00.000Z", usd: 0.5, tokens: 7, questions: 1, name: "Ada L." },
    ]);
    expect(file.person.names.sort()).toEqual(["Ada", "Ada L."]);
    expect(text).not.toMatch(/Bob|Slack/);
  });
});

describe("personalData.erase()", () => {
  it("leaves no word and no name of theirs in the store, and all of others", async () => {
    const { personalData, store, dump, ledger, clock, sessions } = await world();
    expect(await personalData.erase(ADA)).toEqual({ questions: 2, usageEntries: 1 });
    const left = await dump();
    expect(left).not.toContain(CANARY);
    expect(left).not.toContain("Ada L.");
    expect(left.match(/Ada/g)).toHaveLength(left.split("another Ada").length - 1 + 2); // the other platform's
    expect(left).toContain("what Bob says");
    const { key, value } = accountOf("u1", "(erased)", 7);
    expect(await store.values("counts").get(key)).toEqual(value); // the numbers stay, or erasing would renew a budget
    const entries = await ledger.read({ from: 0, to: clock.now() + 1 });
    expect(entries.find(({ id }) => id === "a")).toMatchObject({
      inputTokens: 7,
      user: { id: "erased", name: "(erased)" },
    });
    expect((await sessions.get(SHARED)).pin).toMatchObject({ model: "gpt-5", by: "(erased)" });
    expect(await personalData.summary(ADA)).toEqual({
      questions: 0,
      conversations: 0,
      usageEntries: 0,
      choices: 0,
      votes: 0,
      changes: 0,
      budgets: 0,
    });
  });

  it("says that a question was there, and sends it to no model again", async () => {
    const { personalData, sessions } = await world();
    await personalData.erase(ADA);
    const [first, second, third] = await sessions.allTurns(SHARED);
    expect(third?.turn.question).toMatchObject({ author: "Bob", text: "what does that mean?" });
    expect(third?.turn.question.sent).toBeUndefined();
    expect(first?.turn).toMatchObject({ question: { text: "(erased)", author: "(erased)" }, answer: "" });
    expect(first?.turn.question.sent).toBeUndefined();
    expect(second?.turn.question.text).toBe("what Bob says");
  });

  it("notes when that was, for the person and for each answer, and keeps what they changed without their name", async () => {
    const { personalData, sessions, store, clock } = await world();
    await clock.advance(50);
    await personalData.erase(ADA);
    const at = clock.now();
    expect(await sessions.erasedAt([erasedPersonKey(ADA)])).toBe(at);
    expect(await sessions.erasedAt([erasedAnswerKey(SHARED, "m1-answer")])).toBe(at);
    expect(await sessions.erasedAt([erasedPersonKey({ platform: "slack", id: "u1" })])).toBe(0);
    const changes = await store.values("audit").entries();
    expect(changes.map(([, row]) => (row as AuditEntry).user.name)).toEqual(["(erased)", "Bob"]);
  });

  it("replaces what was posted, as far as the platform lets it, and drops images in memory", async () => {
    const { personalData, edits, forgotten } = await world();
    await personalData.erase(ADA);
    await settle();
    expect(edits).toEqual(["m1-answer: (erased)"]);
    expect(forgotten.sort()).toEqual([SHARED, DIRECT]);
  });

  it("replaces every part of an answer, and answers that were replaced since, where the platform names them", async () => {
    const { personalData, edits, sessions, surface } = await world();
    surface.findReplies = async (question) =>
      question.message === "m1"
        ? [
            { message: { ...question, message: "m1-part" }, isSure: true },
            { message: { ...question, message: "m1-answer" }, isSure: true },
            { message: { ...question, message: "somebody-elses" } },
          ]
        : Promise.reject(new Error("down"));
    await personalData.erase(ADA);
    await settle();
    expect(edits.sort()).toEqual(["m1-answer: (erased)", "m1-part: (erased)"]);
    expect(await sessions.erasedAt([erasedAnswerKey(SHARED, "m1-part")])).toBeGreaterThan(0);
  });

  it("waits for the end of a question that is being answered, and changes nothing", async () => {
    const { personalData, sessions, dump } = await world();
    await sessions.open("q", {
      conversation: SHARED,
      message: {},
      owner: "me",
      authorId: "u1",
      answer: null,
      author: "Ada",
      text: "now",
      at: 5,
      ended: null,
    });
    await expect(personalData.erase(ADA)).rejects.toThrow("being answered");
    expect(await dump()).toContain(CANARY);
  });
});
