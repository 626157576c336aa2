import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../src/base/time.js";
import { KEPT_DAYS } from "../../src/usage/ledger.js";
import { createVotes, type Vote } from "../../src/usage/votes.js";
import { fakeClock } from "../support/fake-clock.js";
import { memoryStore } from "../support/memory-store.js";

const ANSWER = { conversation: "discord:1:2", message: "m1" };

function world() {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const votes = createVotes({ store, clock });
  const vote = (fields: Partial<Vote> = {}): Vote => ({
    ...{ at: clock.now(), workspace: "discord:1", platform: "discord", userId: "u1" },
    ...{ provider: "openai", model: "gpt-5", isGood: true },
    ...fields,
  });
  const all = async (workspace?: string) => {
    const found: Vote[] = [];
    const query = { from: 0, to: clock.now() + 1, ...(workspace !== undefined && { workspace }) };
    await votes.each(query, (each) => found.push(each));
    return found;
  };
  return { clock, store, votes, vote, all };
}

describe("votes", () => {
  it("count one of a person for an answer, which can be changed, also days later and after a restart", async () => {
    const { clock, store, votes, vote, all } = world();
    const first = vote();
    expect(await votes.cast(first, ANSWER)).toBe("new");
    expect(await votes.cast(first, ANSWER)).toBe("same");
    await clock.advance(3 * DAY_MS);
    expect(await createVotes({ store, clock }).cast({ ...first, isGood: false }, ANSWER)).toBe("changed");
    expect(await all()).toEqual([{ ...first, isGood: false }]);
  });

  it("tell people, answers and conversations apart", async () => {
    const { votes, vote, all } = world();
    await votes.cast(vote(), ANSWER);
    await votes.cast(vote({ userId: "u2" }), ANSWER);
    await votes.cast(vote(), { ...ANSWER, message: "m2" });
    await votes.cast(vote(), { ...ANSWER, conversation: "discord:1:3" });
    await votes.cast(vote({ workspace: "discord:9" }), ANSWER);
    expect(await all()).toHaveLength(5);
    expect(await all("discord:9")).toHaveLength(1);
  });

  it("are kept as long as the ledger", async () => {
    const { clock, store, votes, vote, all } = world();
    await votes.cast(vote(), ANSWER);
    await clock.advance((KEPT_DAYS + 1) * DAY_MS);
    expect(await all()).toEqual([]);
    expect(await votes.erase(clock.now() - KEPT_DAYS * DAY_MS)).toBe(1);
    expect(await store.values("votes").entries()).toEqual([]);
  });
});
