import { describe, expect, it } from "vitest";
import { timeMark } from "../../../src/base/time.js";
import { settle } from "../../support/fake-clock.js";
import { fakePlatform } from "../../support/fake-platform.js";
import { quotaState, SURE } from "../../support/quota-states.js";
import { boardWorld, MINUTE_MS, posted } from "../board-world.js";

const FRESH = "✓ Auto-refreshed - models up to date";
const LEGEND = [
  "🔄 refreshes now · for operators: ⏯️ turns auto-refresh on or off · ⏱️ sets the next interval",
  "❌ means that your reaction was refused, or that a provider failed. `/models status` says more.",
];
const HOST = "Auto-refresh: on, every 5 minutes (the host's default)";
/** The lines of its times, of a bot whose last refresh was at 1 ms. */
const timeLines = (since: number, asOf: number) => [
  `Last refresh: ${timeMark(1)} · this status since: ${timeMark(since)}`,
  `As of ${timeMark(asOf)}. A running bot updates this every 15 minutes.`,
];

describe("board.control.post()", () => {
  it("posts what the lists are like, and offers the three reactions", async () => {
    const { clock, platform, result, text } = await posted();
    const times = timeLines(clock.now(), clock.now());
    expect(text().split("\n")).toEqual(["**Model lists**", FRESH, ...times, "", HOST, "", ...LEGEND]);
    expect(platform.answers[0]).toMatchObject({ offered: ["🔄", "⏯️", "⏱️"], replyTo: undefined });
    expect(result).toEqual({ hasMoved: false, hasReactions: true });
  });

  it("moves the board of a channel, and says so on the older one", async () => {
    const { board, platform, change } = await posted();
    expect((await board.control.post("fake:home:general")).hasMoved).toBe(true);
    expect((await board.control.post("fake:home:other")).hasMoved).toBe(false);
    await settle();
    await change({ isFresh: false });
    expect(platform.answers.map(({ text }) => text.split("\n")[1] ?? text)).toEqual([
      "➡️ This board is no longer updated: a newer one was posted in this channel.",
      "⚠️ Using cached models - refresh recommended",
      "⚠️ Using cached models - refresh recommended",
    ]);
  });

  it("stands without reactions where the bot may not add any", async () => {
    const world = boardWorld();
    const platform = fakePlatform();
    platform.refusing.set("offer", "forbidden");
    const { board } = world.start([platform]);
    expect(await board.control.post("fake:home:general")).toEqual({ hasMoved: false, hasReactions: false });
  });

  it("says what is missing where the bot may not post, and remembers nothing", async () => {
    const world = boardWorld();
    const platform = fakePlatform();
    const { board } = world.start([platform]);
    platform.refusing.set("post", "forbidden");
    await expect(board.control.post("fake:home:general")).rejects.toThrow("I may not post in this channel");
    platform.refusing.set("post", "unavailable");
    await expect(board.control.post("fake:home:general")).rejects.toThrow("could not be posted just now");
    await expect(board.control.post("elsewhere:home:general")).rejects.toThrow("can't be posted here");
    expect(await world.store.values("boards").entries()).toEqual([]);
    expect(await world.store.values("audit").entries()).toEqual([]);
  });

  it("is remembered in one step with the record of who posted it", async () => {
    const world = boardWorld();
    const { board } = world.start([fakePlatform()]);
    const also = [{ table: "audit", key: "k", value: 1 }] as const;
    await board.control.post("fake:home:general", also);
    expect(await world.store.values("audit").get("k")).toBe(1);
  });
});

describe("the board's message", () => {
  it("names the quota that is worst off, and is not edited when only its numbers move", async () => {
    const { setQuotas, text, platform } = await posted();
    await setQuotas([quotaState({ riskSince: 1, forecast: { ...SURE, probability: 0.7 } })]);
    expect(text().split("\n")[7]).toBe(
      "⚠️ groq: requests a day of `m1`: likely to run out before it renews; `/usage quota` has the times",
    );
    await setQuotas([quotaState({ riskSince: 1, forecast: { ...SURE, probability: 0.8 } })]);
    expect(platform.edits()).toBe(1);
    await setQuotas([quotaState({ isOut: true })]);
    expect(text()).toContain("⛔ groq: requests a day of `m1`: used up;");
    await setQuotas([quotaState({})]);
    expect(text()).not.toContain("groq");
  });

  it("is edited when what fails changes, with the time of that change and what helps", async () => {
    const { clock, change, text, platform } = await posted();
    await clock.advance(10 * MINUTE_MS);
    const at = clock.now();
    await change({ failing: { anthropic: "auth" } });
    expect(text().split("\n")).toEqual([
      "**Model lists**",
      `${FRESH} · 1 provider failing`,
      ...timeLines(at, clock.now()),
      "",
      HOST,
      "",
      "⚠️ anthropic: refused the key. Check its API key, and that its account may use it.",
      "",
      ...LEGEND,
    ]);
    expect(platform.edits()).toBe(1);
  });

  it("is renewed every 15 minutes by a day of refreshes that change nothing, and by no more", async () => {
    const { board, clock, change, platform, text } = await posted();
    const since = clock.now();
    const before = platform.calls();
    for (let refresh = 0; refresh < 288; refresh++) {
      await change({ isFetching: true });
      await change({});
      await clock.advance(5 * MINUTE_MS - 2_000);
      board.look();
    }
    expect(platform.calls() - before).toBeLessThanOrEqual(96);
    const [, , , asOf = ""] = text().split("\n");
    expect(text().split("\n").slice(2, 3)).toEqual(timeLines(since, 0).slice(0, 1));
    expect(Number(/\d+/.exec(asOf)?.[0]) * 1000).toBeGreaterThan(clock.now() - 16 * MINUTE_MS);
    expect(clock.sleepers()).toBeLessThanOrEqual(1);
  });

  it("is renewed by one of several replicas", async () => {
    const { board, clock, platform, start } = await posted();
    const other = start([platform]);
    await other.board.load();
    const before = platform.calls();
    for (let beat = 0; beat < 6 * 60; beat++) {
      await clock.advance(5_000);
      board.look();
      await clock.advance(5_000);
      other.board.look();
    }
    expect(platform.calls() - before).toBeLessThanOrEqual(4);
  });

  it("is edited by one of several replicas that look at the same moment", async () => {
    const { board, clock, platform, start } = await posted();
    const { edit } = platform;
    platform.edit = async (...call) => {
      await clock.sleep(500);
      return edit(...call);
    };
    const other = start([platform]);
    await other.board.load();
    const before = platform.edits();
    await clock.advance(16 * MINUTE_MS);
    for (const one of [board, other.board]) one.look();
    await clock.advance(2_000);
    expect(platform.edits() - before).toBe(1);
  });

  it("says that the bot was stopped, until it runs again", async () => {
    const { board, clock, platform, start, text } = await posted();
    const since = clock.now();
    await clock.advance(MINUTE_MS);
    await board.stop();
    expect(text().split("\n")).toEqual([
      "**Model lists**",
      `⏹️ The bot was stopped: ${timeMark(clock.now())}. Nothing is refreshed or answered until it runs again.`,
      `Last refresh: ${timeMark(1)}`,
    ]);
    const next = start([platform]);
    await next.board.load();
    next.board.look();
    await clock.advance(1_000);
    expect(text().split("\n").slice(1, 4)).toEqual([FRESH, ...timeLines(since, clock.now())]);
  });

  it("stays as it is at a stop where another replica goes on", async () => {
    const { addPeer, board, text } = await posted();
    addPeer();
    await board.stop();
    expect(text()).toContain(FRESH);
  });

  it("loses what a stopped process wrote once another one runs that had loaded it before", async () => {
    const { board, clock, platform, start, text } = await posted();
    const next = start([platform]);
    await next.board.load();
    await clock.advance(1_000);
    await board.stop();
    expect(text()).toContain("was stopped");
    for (let beat = 0; beat < 7; beat++) {
      await clock.advance(10_000);
      next.board.look();
    }
    await clock.advance(1_000);
    expect(text()).toContain(FRESH);
  });

  it("does not hold up a stop where the platform makes it wait", async () => {
    const { board, clock, platform } = await posted();
    platform.edit = () => new Promise(() => {});
    const stopped = board.stop();
    await clock.advance(3_000);
    await stopped;
  });

  it("shows several changes at a time by one edit", async () => {
    const { clock, change, platform } = await posted();
    void change({ failing: { openai: "timeout" } });
    void change({ failing: { openai: "timeout", anthropic: "network" } });
    await clock.advance(1_000);
    expect(platform.edits()).toBe(1);
  });

  it("keeps its time when only a setting changes, and shows the interval in force", async () => {
    const { clock, settings, text } = await posted();
    const since = text().split("\n")[2];
    await clock.advance(MINUTE_MS);
    await settings.change("fake:home", () => ({ interval: "smart" }));
    await clock.advance(1_000);
    expect(text()).toContain("smart: often while people are here, rarely while nobody is (set in this workspace)");
    expect(text().split("\n")[2]).toBe(since);
  });

  it("waits an hour after the platform's cap on edits, and then shows the change with the time of the change", async () => {
    const { board, clock, change, text, platform } = await posted();
    platform.refusing.set("edit", "edit-cap");
    const at = clock.now();
    await change({ isFresh: false });
    const calls = platform.calls();
    platform.refusing.clear();
    for (let beat = 0; beat < 358; beat++) {
      board.look();
      await clock.advance(10_000);
    }
    expect(platform.calls()).toBe(calls);
    for (let beat = 0; beat < 4; beat++) {
      board.look();
      await clock.advance(10_000);
    }
    expect(text()).toContain(`Using cached models - refresh recommended\n${timeLines(at, 0)[0]}`);
    expect(platform.calls()).toBe(calls + 1);
  });

  it("backs off from a platform that fails, further each time", async () => {
    const { board, clock, change, platform, text } = await posted();
    platform.refusing.set("edit", "unavailable");
    const before = platform.calls();
    await change({ isFresh: false });
    for (let beat = 0; beat < 60; beat++) {
      board.look();
      await clock.advance(10_000);
    }
    const tries = platform.calls() - before;
    expect(tries).toBeGreaterThanOrEqual(4);
    expect(tries).toBeLessThanOrEqual(6);
    platform.refusing.clear();
    await clock.advance(60 * MINUTE_MS);
    board.look();
    await clock.advance(1_000);
    expect(text()).toContain("Using cached models");
  });

  it("is forgotten when it was deleted, and never posted again", async () => {
    const { board, change, platform, store, message } = await posted();
    platform.remove(message.message);
    await change({ isFresh: false });
    const calls = platform.calls();
    expect(await store.values("boards").entries()).toEqual([]);
    await change({ isFresh: true });
    await change({ isFresh: false });
    expect(platform.calls()).toBe(calls);
    expect((await board.control.post("fake:home:general")).hasMoved).toBe(false);
  });

  it("is found again after a restart, which makes no call as long as nothing has changed", async () => {
    const { change, clock, platform, start, text } = await posted();
    await change({ failing: { openai: "timeout" } });
    // As after a kill: nothing was said at its end.
    const calls = platform.calls();
    await clock.advance(MINUTE_MS);
    const next = start([platform]);
    await next.board.load();
    next.board.look();
    await clock.advance(10_000);
    expect(platform.calls()).toBe(calls);
    await change({});
    expect(text()).not.toContain("timed out");
    expect(platform.calls()).toBe(calls + 1);
  });

  it("is found again after a restart right after it was posted", async () => {
    const { board, change, platform, start, text } = await posted();
    await board.stop();
    const next = start([platform]);
    await next.board.load();
    await change({ isFresh: false });
    expect(text()).toContain("Using cached models");
  });

  it("waits for a platform that is not up", async () => {
    const world = boardWorld();
    const platform = fakePlatform();
    let fault: string | undefined;
    const { board } = world.start([{ ...platform, fault: () => fault }]);
    await board.control.post("fake:home:general");
    await settle();
    fault = "connecting";
    await world.change({ isFresh: false });
    expect(platform.edits()).toBe(0);
    fault = undefined;
    board.look();
    await world.clock.advance(1_000);
    expect(platform.edits()).toBe(1);
  });
});

describe("a reaction under the board", () => {
  it("🔄 refreshes for anyone, confirmed by ⏳ and ✅ for 5 s, and is taken away", async () => {
    const { clock, message, platform, press, refreshes } = await posted();
    const pressed = press("🔄");
    await clock.advance(1_999);
    expect(platform.marksOf(message.message)).toEqual(["waiting"]);
    expect(platform.cleared).toEqual(["🔄 of ada"]);
    await clock.advance(1);
    expect(platform.marksOf(message.message)).toEqual(["waiting", "done"]);
    await clock.advance(4_999);
    expect(platform.answers[0]?.mark).toBe("done");
    await clock.advance(1);
    await pressed;
    expect(platform.marksOf(message.message)).toEqual(["waiting", "done", undefined]);
    expect(refreshes).toEqual(["person"]);
  });

  it("🔄 is told as failed when a provider failed", async () => {
    const { clock, message, platform, press, refreshWith } = await posted();
    refreshWith("timeout");
    const pressed = press("🔄");
    await clock.advance(10_000);
    await pressed;
    expect(platform.marksOf(message.message)).toEqual(["waiting", "failed", undefined]);
  });

  it("⏯️ toggles auto-refresh and ⏱️ sets the next interval, with or without a variation selector", async () => {
    const { clock, press, settings, text } = await posted();
    const pressAll = async (...emojis: string[]) => {
      for (const emoji of emojis) {
        const pressed = press(emoji, { isOperator: true });
        await clock.advance(6_000);
        await pressed;
      }
      return settings.of("fake:home");
    };
    expect(await pressAll("⏯️")).toEqual({ isEnabled: false });
    expect(text()).toContain("Auto-refresh: off (set in this workspace)");
    expect(await pressAll("⏯")).toEqual({ isEnabled: true });
    const seen: unknown[] = [];
    for (let time = 0; time < 6; time++) seen.push((await pressAll(time % 2 === 0 ? "⏱" : "⏱️")).interval);
    expect(seen).toEqual([10, 15, "smart", 1, 3, 5]);
  });

  it("changes nothing for a member without permission, and says so by ❌", async () => {
    const { clock, message, platform, press, settings, refreshes } = await posted();
    for (const emoji of ["⏯️", "⏱️"]) {
      const pressed = press(emoji, { author: "eve" });
      await clock.advance(6_000);
      await pressed;
    }
    expect(settings.of("fake:home")).toEqual({});
    expect(platform.marksOf(message.message)).toEqual(["waiting", "failed", undefined, "waiting", "failed", undefined]);
    expect(platform.cleared).toEqual(["⏯️ of eve", "⏱️ of eve"]);
    expect(refreshes).toEqual([]);
  });

  it("tells a member without permission why, and nobody else", async () => {
    const { clock, platform, press } = await posted();
    const told: string[] = [];
    platform.whisper = async (_channel, person, { markdown }) => void told.push(`${person.id}: ${markdown}`);
    const pressed = press("⏯️", { author: "eve" });
    await clock.advance(6_000);
    await pressed;
    expect(told).toEqual([expect.stringMatching(/^eve: 🔒 Only operators may use `\/settings auto-refresh` here/)]);
    expect(platform.answers).toHaveLength(1);
  });

  it("tells whoever presses too often, and whoever is one too many in the line", async () => {
    const { clock, handlers, message, platform } = await posted();
    const told: string[] = [];
    platform.whisper = async (_channel, person, { markdown }) => void told.push(`${person.id}: ${markdown}`);
    const { onReaction } = handlers(platform);
    const press = (emoji: string, by: { author: string }) => onReaction(platform.reaction(message, emoji, by));
    const presses: Promise<unknown>[] = [];
    for (let time = 0; time < 31; time++) {
      presses.push(press("⏯️", { author: "eve" }));
      await settle();
    }
    await clock.advance(6_000);
    expect(told.find((text) => text.includes("⏳"))).toMatch(
      /^eve: ⏳ You have reached the limit of 30 commands a minute/,
    );
    for (let time = 0; time < 7; time++) presses.push(press("🔄", { author: "ada" }));
    await clock.advance(60_000);
    await Promise.all(presses);
    const dropped = "Too many reactions came at once, so yours was dropped. React again in a moment.";
    expect(told.filter((text) => text.startsWith("ada"))).toEqual([`ada: ${dropped}`, `ada: ${dropped}`]);
    expect(platform.answers).toHaveLength(1);
  });

  it("obeys whom the host names as an operator, on that platform only", async () => {
    const access = {
      followThreads: false,
      allowedWorkspaces: [],
      allowDms: true,
      operators: ["fake:olga", "slack:eve"],
    };
    const { clock, press, settings } = await posted(access);
    for (const author of ["eve", "olga"]) {
      const pressed = press("⏯️", { author });
      await clock.advance(6_000);
      await pressed;
      expect(settings.of("fake:home")).toEqual(author === "olga" ? { isEnabled: false } : {});
    }
  });

  it("means nothing with another emoji, or under another message", async () => {
    const { message, platform, press } = await posted();
    const calls = platform.calls();
    await press("👍", { isOperator: true });
    await press("🔄", { isOperator: true }, { ...message, message: "other" });
    await press("🔄", { isOperator: true }, { ...message, channel: "other" });
    expect(platform.calls()).toBe(calls);
  });

  it("is obeyed by a process that did not post the board, and was up before it was", async () => {
    const { clock, message, platform, start, refreshes } = await posted();
    const other = start([platform]);
    const pressed = other.handlers(platform).onReaction(platform.reaction(message, "🔄"));
    await clock.advance(10_000);
    await pressed;
    expect(platform.marksOf(message.message)).toEqual(["waiting", "done", undefined]);
    expect(refreshes).toEqual(["person"]);
  });

  it("waits for the one before, and only the last confirmation is taken away", async () => {
    const { clock, message, platform, press, settings } = await posted();
    const both = [press("🔄"), press("⏯️", { isOperator: true, author: "olga" })];
    await clock.advance(1_000);
    expect(settings.of("fake:home")).toEqual({});
    await clock.advance(20_000);
    await Promise.all(both);
    expect(platform.marksOf(message.message)).toEqual(["waiting", "done", "waiting", "done", undefined]);
    expect(settings.of("fake:home")).toEqual({ isEnabled: false });
  });

  it("leaves the confirmation of a later press standing for its own 5 s", async () => {
    const { clock, platform, press } = await posted();
    const first = press("⏯️", { isOperator: true });
    await clock.advance(3_000);
    const second = press("⏱️", { isOperator: true });
    await clock.advance(4_000);
    await first;
    expect(platform.answers[0]?.mark).toBe("done");
    await clock.advance(1_000);
    await second;
    expect(platform.answers[0]?.mark).toBeUndefined();
  });

  it("is dropped when too many wait, but taken away all the same", async () => {
    const { clock, platform, press, refreshes } = await posted();
    const all = Array.from({ length: 12 }, (_, index) => press("🔄", { author: `p${index}` }));
    await clock.advance(60_000);
    await Promise.all(all);
    expect(refreshes.length).toBeLessThanOrEqual(6);
    expect(platform.cleared).toHaveLength(12);
  });

  it("works where marks and reactions are forbidden", async () => {
    const { clock, platform, press, settings } = await posted();
    platform.refusing.set("mark", "forbidden");
    platform.refusing.set("clear", "forbidden");
    const pressed = press("⏯️", { isOperator: true });
    await clock.advance(6_000);
    await pressed;
    expect(settings.of("fake:home")).toEqual({ isEnabled: false });
  });

  it("leaves no mark behind when the bot stops", async () => {
    const { board, message, platform, press, clock } = await posted();
    const pressed = press("⏯️", { isOperator: true });
    await clock.advance(1_000);
    expect(platform.answers[0]?.mark).toBe("done");
    await board.stop();
    await pressed;
    expect(platform.marksOf(message.message).at(-1)).toBeUndefined();
  });
});
