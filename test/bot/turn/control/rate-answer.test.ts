import { describe, expect, it } from "vitest";
import { RATE_CONTROLS } from "../../../../src/bot/turn/answer-controls.js";
import type { Snapshot } from "../../../../src/refresh/catalog/catalog-entry.js";
import { createVotes, type Vote } from "../../../../src/usage/votes.js";
import { fakeRefresher } from "../../../support/fake-refresher.js";
import { asked, by, CONVERSATION, type World } from "../../chat-world.js";

const snapshot: Snapshot = {
  providers: new Map([
    [
      "openai",
      {
        ...{ identity: "x", fetchedAt: 1, attemptedAt: 1, outcome: "ok", consecutiveFailures: 0, failingSince: null },
        ...{ lastFailure: null, retryAfterAt: null, missing: [], refused: [] },
        models: ["m1", "m2"].map((id) => ({ id, isChat: true })),
      },
    ],
  ]),
  fetching: new Set(),
};

/** A conversation whose last question has its answer. */
async function answered() {
  const it = await asked("hello", { refresher: fakeRefresher({ snapshot: () => snapshot }) });
  it.stream.send("an answer");
  it.stream.finish();
  await it.clock.advance(1_000);
  const on = it.platform.answers[0]?.key.message ?? "";
  return { ...it, on };
}

async function votesIn({ store, clock }: World): Promise<readonly Vote[]> {
  const found: Vote[] = [];
  await createVotes({ store, clock }).each({ from: 0, to: clock.now() + 1 }, (vote) => found.push(vote));
  return found;
}

describe("a vote on an answer", () => {
  it("counts for the model that gave it, once a person, and keeps no text", async () => {
    const it = await answered();
    const { rate } = it.chat.control;
    expect(await rate(by("ada", { on: it.on }), true)).toEqual({
      ...{ kind: "counted", how: "new", model: "openai/m1", instead: [] },
    });
    expect(await rate(by("bob", { on: it.on }), true)).toMatchObject({ how: "new" });
    expect(await rate(by("ada", { on: it.on }), false)).toMatchObject({ how: "changed" });
    const votes = await votesIn(it);
    expect(votes.map(({ userId, model, isGood }) => `${userId} ${model} ${isGood}`).sort()).toEqual([
      "ada m1 false",
      "bob m1 true",
    ]);
    expect(JSON.stringify(await it.store.values("votes").entries())).not.toMatch(/hello|an answer/);
  });

  it("offers whom it may what answers again, where it is bad and the last", async () => {
    const it = await answered();
    const { rate } = it.chat.control;
    const menu = [expect.objectContaining({ label: "Answer again with…" })];
    expect(await rate(by("ada", { on: it.on }), false)).toMatchObject({ instead: menu });
    expect(await rate(by("ada"), false)).toMatchObject({ how: "same", instead: menu });
    expect(await rate(by("bob", { on: it.on }), false)).toMatchObject({ instead: [] });
    expect(await rate(by("boss", { on: it.on, isOperator: true }), false)).toMatchObject({ instead: menu });
    await it.ask("and more", { message: "q2" });
    it.openai.streams[1]?.send("another");
    it.openai.streams[1]?.finish();
    await it.clock.advance(1_000);
    expect(await rate(by("ada", { on: it.on }), false)).toMatchObject({ kind: "counted", instead: [] });
  });

  it("finds an old answer, also after a restart, and says where nobody knows it any more", async () => {
    const it = await answered();
    for (let index = 1; index <= 120; index++) {
      const last = await it.sessions.lastTurn(CONVERSATION);
      if (last !== undefined) await it.sessions.take(CONVERSATION, { ...last.turn, shownIn: `a${index}` });
    }
    const { rate } = it.chat.control;
    expect(await rate(by("ada", { on: it.on }), true)).toMatchObject({ kind: "counted" });
    expect(await rate(by("ada", { on: "nobody's" }), true)).toEqual({ kind: "unknown" });
    await it.sessions.forget(CONVERSATION);
    expect(await rate(by("ada", { on: it.on }), true)).toEqual({ kind: "unknown" });
    expect(await rate(by("ada"), true)).toEqual({ kind: "unknown" });
  });

  it("is not taken where the workspace has switched that off, and the buttons are gone", async () => {
    const it = await answered();
    expect(it.platform.answers[0]?.controls).toEqual(expect.arrayContaining([...RATE_CONTROLS]));
    await it.settings.change("fake:home", (before) => ({ ...before, feedback: false }));
    expect(await it.chat.control.rate(by("ada", { on: it.on }), true)).toEqual({ kind: "off" });
    await it.ask("again", { message: "q2" });
    it.openai.streams[1]?.send("another");
    it.openai.streams[1]?.finish();
    await it.clock.advance(1_000);
    expect(JSON.stringify(it.platform.answers[1]?.controls)).not.toContain("/chat rate");
    expect(await votesIn(it)).toEqual([]);
  });

  it("is not asked for under what is no answer", async () => {
    const it = await asked();
    it.stream.fail(new Error("down"));
    await it.clock.advance(60_000);
    expect(JSON.stringify(it.platform.answers.at(-1)?.controls)).not.toContain("/chat rate");
  });
});
