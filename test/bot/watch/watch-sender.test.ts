import { describe, expect, it } from "vitest";
import { PlatformError } from "../../../src/bot/port/platform-error.js";
import { createWatchSender } from "../../../src/bot/watch/watch-sender.js";
import type { ModelInfo } from "../../../src/providers/provider.js";
import { newsWrite } from "../../../src/refresh/catalog/catalog-rows.js";
import type { ModelChange } from "../../../src/refresh/catalog/change-log.js";
import { createWatchRows, type Watch } from "../../../src/refresh/watch/watch-rows.js";
import { snapshotOf } from "../../refresh/support.js";
import { type FakeClock, fakeClock } from "../../support/fake-clock.js";
import { type FakePlatform, fakePlatform } from "../../support/fake-platform.js";
import { type MemoryStore, memoryStore } from "../../support/memory-store.js";

const HOUR_MS = 3_600_000;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const CHANNEL = "fake:home:general";
const LISTED: readonly ModelInfo[] = [
  { id: "gpt-5", isChat: true, inputPrice: 2, outputPrice: 10, releasedAt: 1 },
  { id: "gpt-6", name: "GPT-6", isChat: true, contextTokens: 400_000, inputPrice: 1, outputPrice: 5, releasedAt: 2 },
];

interface Given {
  readonly clock: FakeClock;
  readonly store: MemoryStore;
  readonly platform: FakePlatform;
  readonly denied?: readonly string[];
}

function process({ clock, store, platform, denied = [] }: Given) {
  const watches = createWatchRows(store);
  const sender = createWatchSender({
    watches,
    refresher: { snapshot: () => snapshotOf({ openai: LISTED }) },
    allowed: {
      judge: (_workspace, { model }) =>
        denied.includes(model) ? { isAllowed: false, by: "host", rule: "is denied" } : { isAllowed: true },
    },
    modelFacts: (_provider, _model, row) => ({ ...row }) as object,
    access: { isServed: () => true },
    settings: { languageOf: () => undefined },
    platforms: [platform],
    clock,
    log: SILENT,
  });
  return { watches, sender };
}

async function world(
  terms: { readonly denied?: readonly string[]; readonly watches?: readonly Partial<Watch>[] } = {},
) {
  const clock = fakeClock();
  const given = { clock, store: memoryStore(clock.now), platform: fakePlatform(), ...terms };
  const { watches, sender } = process(given);
  const asked = (terms.watches ?? [{}]).map((watch) => ({
    pattern: "*",
    kind: "all" as const,
    by: "Ada",
    at: 1,
    ...watch,
  }));
  await watches.change(CHANNEL, () => ({ watches: asked, isDirect: false }));
  let fence = 0;
  return {
    ...given,
    watches,
    sender,
    another: () => process(given),
    texts: () => given.platform.answers.map(({ text }) => text),
    async change(...changes: readonly (Partial<ModelChange> & Pick<ModelChange, "kind">)[]) {
      const news = changes.map((change) => ({ at: clock.now(), provider: "openai", model: "gpt-6", ...change }));
      await given.store.write([newsWrite("openai", ++fence, news)]);
    },
  };
}

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ kind: "gone" as const, model: `old-${index}` }));

describe("a watch", () => {
  it("tells of a new model with what a reader wants to know, silently, with its controls", async () => {
    const { change, sender, platform } = await world();
    await change({ kind: "new" });
    await sender.tick();
    const [message] = platform.answers;
    expect(message?.text).toBe(
      "🆕 Models changed\n" +
        "- **new** `openai/gpt-6` (GPT-6): 400k context, $1 in / $5 out per 1M tokens, half the price of `gpt-5`",
    );
    expect(message?.controls).toEqual([
      { label: "Use here", command: "/models use openai/gpt-6" },
      { label: "Try on the last question", command: "/chat retry model:openai/gpt-6" },
      { label: "Mute", command: "/models unwatch *" },
    ]);
    expect(platform.silent.has(message?.key.message ?? "")).toBe(true);
  });

  it("names ten models and counts the others", async () => {
    const { change, sender, texts } = await world();
    await change(...many(44));
    await sender.tick();
    expect(texts()[0]?.match(/^- /gm)).toHaveLength(10);
    expect(texts()[0]).toContain("… and 34 more: `/models changes`");
  });

  it("counts thousands exactly", async () => {
    const { change, sender, texts } = await world();
    await change(...many(5_000));
    await sender.tick();
    expect(texts()[0]).toContain("… and 4990 more");
  });

  it("sends at most one message an hour, and then all that came meanwhile", async () => {
    const { change, sender, texts, clock } = await world();
    await change({ kind: "new", model: "a" });
    await sender.tick();
    await change({ kind: "new", model: "b" });
    await change({ kind: "gone", model: "c" });
    await clock.advance(HOUR_MS - 1);
    await sender.tick();
    expect(texts()).toHaveLength(1);
    await clock.advance(1);
    await sender.tick();
    expect(texts()[1]).toBe("🆕 Models changed\n- **new** `openai/b`\n- **gone** `openai/c`");
    await clock.advance(24 * HOUR_MS);
    await sender.tick();
    expect(texts()).toHaveLength(2);
  });

  it("tells a change that fits two watches once, and what fits none never", async () => {
    const { change, sender, texts } = await world({
      watches: [
        { pattern: "openai/gpt-*", kind: "new" },
        { pattern: "*6", kind: "all" },
      ],
    });
    await change({ kind: "new" }, { kind: "gone", model: "gpt-5" });
    await sender.tick();
    expect(texts()).toHaveLength(1);
    expect(texts()[0]?.match(/gpt-6`/g)).toHaveLength(1);
    expect(texts()[0]).not.toContain("gone");
  });

  it("says nothing of models that may not be used there", async () => {
    const { change, sender, texts } = await world({ denied: ["gpt-6"] });
    await change({ kind: "new" });
    await sender.tick();
    expect(texts()).toEqual([]);
  });

  it("is silent once it is muted, also about what waited", async () => {
    const { change, sender, texts, clock, watches, store } = await world();
    await change({ kind: "new", model: "a" });
    await sender.tick();
    await change({ kind: "new", model: "b" });
    await sender.tick();
    await watches.change(CHANNEL, () => undefined);
    await clock.advance(HOUR_MS);
    await sender.tick();
    expect(texts()).toHaveLength(1);
    expect(await store.values("watches").entries()).toEqual([]);
  });

  it("is not sent again once it is muted, nor a week later", async () => {
    for (const isMuted of [true, false]) {
      const { change, sender, texts, clock, platform, watches, store } = await world();
      platform.failing.add("post");
      await change({ kind: "new" });
      await sender.tick();
      platform.failing.clear();
      if (isMuted) await watches.change(CHANNEL, () => undefined);
      await clock.leap(isMuted ? 60_000 : 8 * 24 * HOUR_MS);
      await sender.tick();
      expect(texts()).toEqual([]);
      expect(await store.values("watches").entries("pending:")).toEqual([]);
    }
  });

  it("tells once however many replicas look at the same time", async () => {
    const { change, sender, texts, another } = await world();
    const others = [another(), another()];
    await change({ kind: "new" });
    await Promise.all([sender, ...others.map((one) => one.sender)].map((one) => one.tick()));
    await Promise.all(others.map((one) => one.sender.tick()));
    expect(texts()).toHaveLength(1);
  });

  it("is sent by another process where its own ended before, and once where it ended behind the post", async () => {
    for (const hasArrived of [false, true]) {
      const { change, sender, texts, clock, platform, another, store } = await world();
      await change({ kind: "new" });
      const post = platform.post;
      platform.post = async (...call) => {
        if (hasArrived) await post(...call);
        return new Promise(() => {}); // the process is killed here
      };
      void sender.tick();
      await clock.advance(1_000);
      sender.stop();
      platform.post = post;
      const next = another();
      await next.sender.tick();
      expect(texts()).toHaveLength(hasArrived ? 1 : 0);
      await clock.advance(60_000);
      await next.sender.tick();
      expect(texts()).toHaveLength(1);
      expect((await store.values("watches").entries("pending:")).length).toBe(0);
      expect((await next.watches.channel(CHANNEL)).value?.messages).toEqual([platform.answers[0]?.key.message]);
    }
  });

  it("is tried again later where the platform fails, and dropped where its channel is gone", async () => {
    const { change, sender, texts, clock, platform, watches } = await world();
    platform.failing.add("post");
    await change({ kind: "new" });
    await sender.tick();
    platform.failing.clear();
    await sender.tick();
    expect(texts()).toEqual([]);
    await clock.advance(60_000);
    await sender.tick();
    expect(texts()).toHaveLength(1);
    platform.refusing.set("post", new PlatformError("fake", "gone", "the channel is gone"));
    await change({ kind: "new", model: "b" });
    await clock.advance(2 * HOUR_MS);
    await sender.tick();
    expect((await watches.channel(CHANNEL)).value).toBeUndefined();
  });
});
