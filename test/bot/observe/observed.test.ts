import { describe, expect, it } from "vitest";
import { createObservers, observedPlatform, observedStore } from "../../../src/bot/observe/observers.js";
import { createActivity } from "../../../src/bot/observe/recent.js";
import type { ChannelKey, PlatformHandlers, ReplyStreamDeps } from "../../../src/bot/port/platform.js";
import { fakePlatform } from "../../support/fake-platform.js";
import { memoryStore } from "../../support/memory-store.js";

const PLACE: ChannelKey = { platform: "discord", workspace: "1", channel: "2" };

function recorder() {
  const heard: unknown[][] = [];
  const note =
    (what: string) =>
    (...terms: unknown[]) =>
      void heard.push([what, ...terms]);
  const observers = createObservers();
  observers.add({
    onPlatformCall: note("call"),
    onDropped: note("dropped"),
    onWaiting: note("waiting"),
    onMark: note("mark"),
    onQuestion: note("question"),
    onStoreCall: note("call"),
    onClaim: note("claim"),
  });
  return { heard, observers };
}

describe("observedPlatform()", () => {
  it("does what the platform does, and tells of each call how it ended", async () => {
    const fake = fakePlatform("discord");
    const { heard, observers: observer } = recorder();
    const platform = observedPlatform(fake, observer);
    const message = await platform.post(PLACE, { markdown: "one" });
    await platform.edit(message, { markdown: "two" });
    await platform.mark(message, "working");
    expect(await platform.append(message, "three")).toBe("two");
    await expect(platform.edit({ ...message, message: "nothing" }, { markdown: "x" })).rejects.toThrow();
    expect(fake.answers[0]?.text).toContain("three");
    expect(heard.filter(([what]) => what === "call")).toEqual([
      ["call", "discord", "post", true],
      ["call", "discord", "edit", true],
      ["call", "discord", "mark", true],
      ["call", "discord", "append", true],
      ["call", "discord", "edit", false],
    ]);
    expect(heard).toContainEqual(["mark", "discord", `discord:1:2 ${message.message}`, "working"]);
  });

  it("tells of calls that wait, and of a text that was dropped for a newer one", async () => {
    const { heard, observers: observer } = recorder();
    const wait = (_channel: ChannelKey, _rank: string, signal?: AbortSignal) =>
      new Promise<void>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const platform = observedPlatform(fakePlatform("discord", { wait }), observer);
    const newer = new AbortController();
    const { signal } = newer;
    const waiting = [
      platform.edit({ ...PLACE, message: "1" }, { markdown: "old" }, { rank: "progress", signal }),
      platform.post(PLACE, { markdown: "a board" }, { rank: "board", signal }),
    ];
    newer.abort(new Error("a newer text"));
    for (const each of await Promise.allSettled(waiting)) expect(each.status).toBe("rejected");
    expect(heard.filter(([what]) => what === "waiting").map(([, , change]) => change)).toEqual([1, 1, -1, -1]);
    expect(heard.filter(([what]) => what === "dropped")).toEqual([["dropped", "discord"]]);
    expect(heard.filter(([what]) => what === "call")).toEqual([]);
  });

  it("tells of no call where an edit is called off, and waits no longer once the text is asked for", async () => {
    const { heard, observers: observer } = recorder();
    const platform = observedPlatform(fakePlatform("discord"), observer);
    const message = await platform.post(PLACE, { markdown: "one" });
    heard.length = 0;
    await platform.edit(message, () => {
      expect(heard).toHaveLength(2);
      return undefined;
    });
    expect(heard).toEqual([
      ["waiting", "discord", 1],
      ["waiting", "discord", -1],
    ]);
  });

  it("tells whether an answer that the platform streams by itself was shown whole", async () => {
    const { heard, observers: observer } = recorder();
    let finish = () => Promise.resolve(true);
    const createReplyStream = () => ({ show() {}, postedIn: () => undefined, finish: () => finish() });
    const platform = observedPlatform({ ...fakePlatform("slack"), createReplyStream }, observer);
    const stream = platform.createReplyStream?.({} as ReplyStreamDeps);
    expect(await stream?.finish("whole")).toBe(true);
    finish = () => Promise.resolve(false);
    expect(await stream?.finish("its place is gone")).toBe(false);
    finish = () => Promise.reject(new Error("down"));
    await expect(stream?.finish("x")).rejects.toThrow("down");
    expect(heard.map(([, , call, isSent]) => [call, isSent])).toEqual([
      ["stream", true],
      ["stream", false],
      ["stream", false],
    ]);
    expect(observedPlatform(fakePlatform("x"), observer).createReplyStream).toBeUndefined();
  });

  it("tells which conversation was asked in, and hands the question on", async () => {
    const fake = fakePlatform("discord");
    const { heard, observers: observer } = recorder();
    let given: PlatformHandlers | undefined;
    const platform = observedPlatform(
      {
        ...fake,
        async start(handlers) {
          given = handlers;
        },
      },
      observer,
    );
    const asked: string[] = [];
    await platform.start({
      onMention: async ({ text }: { text: string }) => void asked.push(text),
    } as unknown as PlatformHandlers);
    const message = { ...PLACE, message: "3" };
    await given?.onMention({
      message,
      author: { id: "a", name: "Ada" },
      text: "hi",
      isDirect: false,
      isOperator: false,
    });
    expect([asked, heard]).toEqual([["hi"], [["question", "discord", "discord:1:2"]]]);
  });
});

describe("observedStore()", () => {
  it("does what the store does, and tells of failures and claims without a word of what is stored", async () => {
    const inner = memoryStore(() => 0);
    const { heard, observers: observer } = recorder();
    const store = observedStore(inner, observer);
    await store.values("settings").set("secret", { a: 1 });
    expect(await store.values("settings").get("secret")).toEqual({ a: 1 });
    expect(await store.swap({ table: "settings", key: "secret", before: { a: 1 }, after: { a: 2 } }, [])).toBe(true);
    const won = await store.claim("refresh:openai", { ttlMs: 10 });
    await store.claim("refresh:openai", { ttlMs: 10 });
    expect(won.held && (await store.commit(won.claim, []))).toBe(true);
    inner.breakDown();
    await expect(store.values("settings").entries()).rejects.toThrow();
    await expect(store.write([])).rejects.toThrow();
    await expect(store.claim("refresh:openai", { ttlMs: 10 })).rejects.toThrow();
    expect(heard.filter(([what]) => what === "claim")).toEqual([
      ["claim", "refresh", true],
      ["claim", "refresh", false],
    ]);
    expect(heard.filter(([what, , isDone]) => what === "call" && isDone === false)).toEqual([
      ["call", "read", false],
      ["call", "write", false],
      ["call", "claim", false],
    ]);
    expect(JSON.stringify(heard)).not.toContain("secret");
  });
});

describe("createActivity()", () => {
  it("says that the store is up again after the first call that works", () => {
    const { onStoreCall, storeHealth } = createActivity(() => 7);
    expect(storeHealth()).toEqual({ isUp: true, errors: 0, lastErrorAt: null });
    onStoreCall("read", false);
    expect(storeHealth()).toEqual({ isUp: false, errors: 1, lastErrorAt: 7 });
    onStoreCall("read", true);
    expect(storeHealth()).toEqual({ isUp: true, errors: 1, lastErrorAt: 7 });
  });
});
