import { describe, expect, it } from "vitest";
import { settle } from "../../support/fake-clock.js";
import { type World, world } from "../chat-world.js";

/** Asks in a channel of its own, and answers where it was sent. Returns what the bot has posted last. */
async function answered(it: World, question: string, channel = question): Promise<string | undefined> {
  const sent = it.openai.streams.length;
  await it.ask(question, { message: question, channel });
  it.openai.streams[sent]?.send("hi");
  it.openai.streams[sent]?.finish();
  await it.clock.advance(100);
  await settle();
  return it.texts().at(-1);
}

describe("question limits", () => {
  it("hold over two replicas: the 21st question of a person is refused, and closed", async () => {
    const one = world();
    const other = world(one);
    for (let count = 0; count < 20; count++)
      expect(await answered(count % 2 === 0 ? one : other, `q${count}`)).toBe("hi");
    for (const replica of [one, other]) {
      const question = `late ${replica === one}`;
      expect(await answered(replica, question)).toContain("⛔ You have reached the limit of questions per person");
      expect(replica.platform.marksOf(question).at(-1)).toBe("failed");
      expect(replica.openai.streams).toHaveLength(10);
    }
    expect(await one.store.values("open").entries()).toEqual([]);
    await one.clock.advance(600_000);
    expect(await answered(one, "later")).toBe("hi");
  });

  it("refuse over two replicas also who has given way to an earlier question", async () => {
    const peers = { hasPeers: () => true };
    const other = world(undefined, peers);
    const one = world({ ...other, store: other.store.another() }, { ...peers, owner: "host/1/one" });
    for (let count = 0; count < 20; count++) await answered(other, `q${count}`);
    const author = "bob";
    await other.ask("first", { message: "1", author });
    await other.clock.advance(100);
    const at = other.clock.now();
    await other.clock.advance(100);
    await one.ask("late", { message: "3" });
    const early = one.platform.mention("early", { message: "2", author });
    await one.chat.onMention(one.platform, { ...early, writtenAt: at });
    await one.clock.advance(1_000);
    other.openai.streams.at(-1)?.finish();
    await one.clock.advance(2_000);
    expect(one.openai.streams).toHaveLength(1);
    one.openai.streams[0]?.finish();
    await one.clock.advance(2_000);
    expect(one.openai.streams).toHaveLength(1);
    expect(one.texts().at(-1)).toContain("⛔ You have reached the limit of questions per person");
  });

  it("count what a process has taken that is gone", async () => {
    const before = world();
    for (let count = 0; count < 20; count++) await answered(before, `q${count}`);
    expect(await answered(world(before), "again")).toContain("the limit of questions per person");
  });

  it("stop nobody while only they cannot be stored", async () => {
    const it = world();
    const { swap } = it.store;
    it.store.swap = async (rows, writes) => {
      if ([rows].flat().some(({ table }) => table === "counts")) throw new Error("it cannot be reached");
      return swap(rows, writes);
    };
    for (let count = 0; count < 20; count++) expect(await answered(it, `q${count}`)).toBe("hi");
    expect(await answered(it, "late")).toContain("the limit of questions per person");
  });
});
