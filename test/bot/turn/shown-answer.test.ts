import { describe, expect, it } from "vitest";
import { createChat } from "../../../src/bot/turn/chat.js";
import type { Reply } from "../../../src/commands/command.js";
import { ProviderError, type ProviderErrorReason } from "../../../src/providers/provider.js";
import type { CatalogEntry } from "../../../src/refresh/catalog/catalog-entry.js";
import type { ModelUse } from "../../../src/refresh/refresher.js";
import { createSessions } from "../../../src/store/sessions/sessions.js";
import { entryOf } from "../../refresh/support.js";
import { chatDeps } from "../../support/chat-deps.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import { fakePlatform } from "../../support/fake-platform.js";
import { modelRow } from "../../support/fake-provider.js";
import { fakeRefresher } from "../../support/fake-refresher.js";
import { memoryStore } from "../../support/memory-store.js";
import { scriptedProvider } from "../../support/scripted-provider.js";

const CONVERSATION = "fake:home:general";
const LISTED = ["gpt-5", "gpt-5-mini", "gpt-4", "o9"];

/** A chat that is pinned to gpt-4, over a catalogue that the test sets. */
function world() {
  const clock = fakeClock();
  const store = memoryStore(clock.now);
  const platform = fakePlatform();
  const sessions = createSessions({ store, now: clock.now });
  const openai = scriptedProvider("openai");
  const uses: ModelUse[] = [];
  const activities: unknown[][] = [];
  let entry: CatalogEntry = entryOf({ models: LISTED.map(modelRow), fetchedAt: 1 });
  const chat = createChat(
    chatDeps({
      clock,
      store,
      sessions,
      refresher: fakeRefresher({
        snapshot: () => ({ providers: new Map([["openai", entry]]), fetching: new Set() }),
        noteUse: (use) => void uses.push(use),
        noteActivity: (...call) => void activities.push(call),
      }),
      providers: new Map([["openai", openai]]),
      defaultModel: () => ({ provider: "openai", model: "gpt-4" }),
    }),
  );
  const ask = async (end: (stream: (typeof openai.streams)[number]) => void) => {
    await chat.onMention(platform, platform.mention("hello"));
    await settle();
    // What may pass is tried again.
    for (let tries = 0; tries !== openai.streams.length; ) {
      tries = openai.streams.length;
      const stream = openai.streams.at(-1);
      if (stream === undefined) throw new Error("nothing was asked");
      end(stream);
      await clock.advance(2_000);
    }
    return platform.answers.at(-1);
  };
  return {
    sessions,
    store,
    uses,
    activities,
    list(part: Partial<CatalogEntry>) {
      entry = { ...entry, ...part };
    },
    answers: () =>
      ask((stream) => {
        stream.send("Hi.");
        stream.finish();
      }),
    refuses: (reason: ProviderErrorReason) =>
      ask((stream) => stream.fail(new ProviderError("openai", reason, `openai: ${reason}`))),
    breaksOff: (reason: ProviderErrorReason) =>
      ask((stream) => {
        stream.send("Hi.");
        stream.fail(new ProviderError("openai", reason, `openai: ${reason}`));
      }),
  };
}

const buttons = (answer: { readonly controls?: Reply["controls"] } | undefined) =>
  (answer?.controls ?? []).flatMap((control) => ("options" in control ? [] : control.command));

const without = (misses: number): Partial<CatalogEntry> => ({
  models: ["gpt-5", "gpt-5-mini", "o9"].map(modelRow),
  missing: [{ model: modelRow("gpt-4"), misses, lastListedAt: 1 }],
});
const GONE = "ℹ️ openai no longer lists `gpt-4`. It stays pinned here; `/models list` shows what there is.";

describe("a model that its provider refuses", () => {
  it.each(["unknown-model", "not-for-chat"] as const)(
    "gets the closest living ones with buttons, and keeps the pin: %s",
    async (reason) => {
      const it = world();
      it.list(without(1));
      const answer = await it.refuses(reason);
      expect(answer?.text).toContain(
        "The most similar listed models: `openai/gpt-5`, `openai/gpt-5-mini`, `openai/o9`.",
      );
      expect(answer?.controls).toEqual([
        ...["gpt-5", "gpt-5-mini", "o9"].map((id) => ({
          label: `Use openai/${id}`,
          command: `/models use openai/${id}`,
        })),
        { label: "🔁 Retry", command: "/chat retry" },
      ]);
      expect((await it.sessions.get(CONVERSATION)).pin).toMatchObject({ provider: "openai", model: "gpt-4", by: null });
    },
  );

  it("names none where no model is listed", async () => {
    const it = world();
    it.list({ models: [] });
    const answer = await it.refuses("unknown-model");
    expect(answer?.text).not.toContain("closest");
    expect(buttons(answer)).toEqual(["/chat retry"]);
  });

  it.each([
    ["network", true],
    ["auth", true],
    ["bad-request", false],
    ["overloaded", false],
  ] as const)("offers the status of the lists where an operator can fix what failed: %s", async (reason, isOffered) => {
    const answer = await world().refuses(reason);
    expect(buttons(answer)).toEqual(["/chat retry", ...(isOffered ? ["/models status"] : [])]);
  });

  it("is told to the refresher, and so is one that answers; other trouble is not", async () => {
    const it = world();
    await it.refuses("unknown-model");
    await it.refuses("not-for-chat");
    for (const reason of ["network", "auth", "bad-request", "overloaded"] as const) {
      const other = world();
      await other.refuses(reason);
      expect(other.uses).toEqual([]);
    }
    await it.breaksOff("cut-off");
    await it.answers();
    expect(it.uses).toEqual([
      { provider: "openai", model: "gpt-4", failure: "unknown-model" },
      { provider: "openai", model: "gpt-4", failure: "not-usable" },
      { provider: "openai", model: "gpt-4" },
    ]);
  });
});

describe("a pinned model that is no longer listed", () => {
  it("gets one quiet line under the next answer, once per change of state", async () => {
    const it = world();
    expect((await it.answers())?.text).toBe("Hi.");
    it.list(without(1)); // one list may have left it out by mistake
    expect((await it.answers())?.text).toBe("Hi.");
    it.list(without(2));
    expect((await it.answers())?.text).toBe(`Hi.\n\n${GONE} Its successor here: \`openai/gpt-5\`.`);
    expect((await it.answers())?.text).toBe("Hi.");
    it.list({ models: LISTED.map(modelRow), missing: [] });
    expect((await it.answers())?.text).toBe("Hi.");
    it.list(without(2));
    expect((await it.answers())?.text).toBe(`Hi.\n\n${GONE} Its successor here: \`openai/gpt-5\`.`);
    expect((await it.sessions.get(CONVERSATION)).pin).toMatchObject({ model: "gpt-4" });
  });

  it("is not mentioned under an answer that failed", async () => {
    const it = world();
    it.list(without(2));
    expect((await it.breaksOff("cut-off"))?.text).not.toContain("no longer lists");
    expect((await it.answers())?.text).toContain(GONE);
  });

  it("is mentioned for each model that is pinned", async () => {
    const it = world();
    it.list(without(2));
    await it.answers();
    const pin = { provider: "openai", model: "gone-too", at: 1, by: null };
    await it.sessions.change(CONVERSATION, (session) => ({ ...session, pin }));
    it.list({ missing: [{ model: modelRow("gone-too"), misses: 5, lastListedAt: 1 }] });
    expect((await it.answers())?.text).toContain("openai no longer lists `gone-too`");
  });
});

describe("a message", () => {
  it("tells the refresher in which conversation it was said", async () => {
    const it = world();
    await it.answers();
    expect(it.activities).toEqual([["fake:home", CONVERSATION]]);
  });
});
