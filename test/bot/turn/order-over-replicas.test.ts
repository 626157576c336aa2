import { describe, expect, it } from "vitest";
import type { Log } from "../../../src/base/log.js";
import type { Mention, MessageKey } from "../../../src/bot/port/platform.js";
import { recover } from "../../../src/bot/turn/recover/recover.js";
import { cutStore } from "../../support/cut-store.js";
import { settle } from "../../support/fake-clock.js";
import { ENDED, type World, world } from "../chat-world.js";

const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;
const PEERS = { hasPeers: () => true };

/** Two replicas on one store, each with a line of its own. `line`: the first one's to the store. */
function two() {
  const origin = world(undefined, PEERS);
  const line = cutStore(origin.store.another());
  const first = world({ ...origin, store: line.store }, { ...PEERS, owner: "host/1/first" });
  const second = world({ ...origin, store: origin.store.another() }, PEERS);
  const { platform, clock } = first;
  const answer = async (of: World, at: number, text: string) => {
    of.openai.streams[at]?.send(text);
    of.openai.streams[at]?.finish();
    await clock.advance(2_000);
  };
  const answered = () => platform.answers.map(({ text }) => text);
  return { line, first, second, platform, clock, answer, answered };
}

describe("questions of one conversation that come to several replicas", () => {
  it("are answered in the order in which they came, whoever has them", async () => {
    const { first, second, clock, answer, answered } = two();
    await first.ask("one", { message: "1" });
    await clock.advance(100);
    await second.ask("two", { message: "2" });
    await clock.advance(100);
    await first.ask("three", { message: "3" });
    await clock.advance(100);
    expect([first.openai.streams.length, second.openai.streams.length]).toEqual([1, 0]);
    await answer(first, 0, "to one");
    expect([first.openai.streams.length, second.openai.streams.length]).toEqual([1, 1]);
    await answer(second, 0, "to two");
    expect(first.openai.streams).toHaveLength(2);
    await answer(first, 1, "to three");
    expect(answered()).toEqual(["to one", "to two", "to three"]);
  });

  it("wait no longer for a replica that holds its question and never answers than until it is found out", async () => {
    const { first, second, clock, answer, answered } = two();
    first.chat.inLine("fake:home:general", () => new Promise(() => {})).catch(() => {});
    await first.sessions.open("fake:home:general:0", {
      ...{ conversation: "fake:home:general", message: null, owner: "host/1/first", answer: null },
      ...{ author: "ada", text: "stuck", at: clock.now() - 1, ended: null },
    });
    await second.ask("two", { message: "2" });
    await clock.advance(70_000);
    expect(second.openai.streams).toHaveLength(0);
    await clock.advance(10_000);
    await answer(second, 0, "to two");
    expect(answered()).toEqual(["to two"]);
  });

  it("wait for an earlier one that is taken over here and has no place in line yet", async () => {
    const { first, second, platform, clock, answer, answered } = two();
    first.chat.inLine("fake:home:general", () => new Promise(() => {})).catch(() => {});
    const at = clock.now();
    const one = platform.mention("one", { message: "1" });
    await first.chat.onMention(platform, one);
    await clock.advance(100);
    await second.ask("two", { message: "2" });
    const after = async <T>(place: () => Promise<T>) => {
      await clock.sleep(2_000);
      return place();
    };
    await second.chat.onMention(platform, one, { from: "host/1/first", at, after });
    await clock.advance(1_900);
    expect(second.openai.streams).toHaveLength(0);
    await clock.advance(1_000);
    await answer(second, 0, "to one");
    await answer(second, 1, "to two");
    expect(answered()).toEqual(["to one", "to two"]);
  });

  it("are not answered by one that stood still as the only one, once another has taken them", async () => {
    const first = world();
    const { clock } = first;
    await first.ask("one", { message: "1" });
    await first.ask("two", { message: "2" });
    await clock.advance(31_000);
    const second = world({ ...first, store: first.store.another() }, PEERS);
    expect(await second.sessions.adopt("fake:home:general:2", "host/1/first", "host/2/next")).toBe(true);
    first.openai.streams[0]?.send("to one");
    first.openai.streams[0]?.finish();
    await clock.advance(2_000);
    expect(first.openai.streams).toHaveLength(1);
  });

  it("are asked again by another where a killed one had not begun, before what came later, and once", async () => {
    const { line, first, second, platform, clock, answer, answered } = two();
    const mentions = new Map<string, Mention>();
    const ask = async (of: World, text: string, message: string) => {
      const mention = platform.mention(text, { message });
      mentions.set(message, mention);
      await of.chat.onMention(platform, mention);
      await settle();
      await clock.advance(100);
    };
    await ask(first, "one", "1");
    first.openai.streams[0]?.send("half of");
    await clock.advance(1_000);
    await ask(first, "two", "2"); // waits behind it when the process is killed
    await ask(second, "three", "3");
    line.isCut = true;
    const reread = async ({ message }: MessageKey) => {
      const mention = mentions.get(message);
      return mention && { ...mention, writtenAt: clock.now() - 1_000 };
    };
    const recoverSecond = () =>
      recover({
        ...second,
        liveness: ENDED,
        log,
        behind: (_message, take) => take(),
        retake: (to, mention, terms) => second.chat.onMention(to, mention, terms),
        surfaces: [{ platform, reread }],
      });
    void recoverSecond();
    await clock.advance(1_000);
    void recoverSecond();
    await clock.advance(40_000); // the lease of the killed one ends
    await answer(second, 0, "to two");
    await answer(second, 1, "to three");
    expect(second.openai.streams).toHaveLength(2);
    expect(answered().map((text) => text.split("\n")[0])).toEqual(["half of", "to two", "to three"]);
    expect(answered()[0]).toContain("⚠️ Interrupted by a restart.");
    expect(await second.sessions.openQuestions()).toHaveLength(0);
    // It was only suspended, and wakes up.
    line.isCut = false;
    await answer(first, 0, "one");
    await clock.advance(60_000);
    expect(first.openai.streams).toHaveLength(1);
    expect(answered()).toHaveLength(3);
  });
});
