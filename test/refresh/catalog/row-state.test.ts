import { describe, expect, it } from "vitest";
import { type CatalogEntry, modelRowsOf, stateOf } from "../../../src/refresh/catalog/catalog-entry.js";
import { nextEntry, withRefusal } from "../../../src/refresh/catalog/next-entry.js";
import { livingModels } from "../../../src/refresh/choose/closest-models.js";
import { defaultModelOf } from "../../../src/refresh/choose/default-model.js";
import { modelRow } from "../../support/fake-provider.js";
import { entryOf, snapshotOf } from "../support.js";

const TIMES = { attemptedAt: 5_000, answeredAt: 6_000 };
const start = entryOf({ models: [modelRow("a"), modelRow("b"), modelRow("c")], fetchedAt: 1_000, outcome: "ok" });
const listed = (before: CatalogEntry, ...ids: string[]) =>
  nextEntry(before, { outcome: "ok", models: ids.map(modelRow) }, TIMES);
const refused = (before: CatalogEntry, model: string, as: "unknown-model" | "not-usable"): CatalogEntry => ({
  ...before,
  refused: withRefusal(before.refused, { model, as, at: 2_000 }),
});

describe("the state of a model", () => {
  it("is retired once its provider called it unknown and the next list lacks it", () => {
    const unknown = refused(start, "b", "unknown-model");
    expect(stateOf(unknown, "b")).toBe("listed");
    const gone = listed(unknown, "a", "c");
    expect(stateOf(gone, "b")).toBe("retired");
    expect(modelRowsOf(gone).map(({ model, state }) => `${model.id} ${state}`)).toEqual([
      "a listed",
      "c listed",
      "b retired",
    ]);
  });

  it("is not retired by one sign alone", () => {
    expect(stateOf(listed(start, "a", "c"), "b")).toBe("listed");
    expect(stateOf(listed(refused(start, "b", "unknown-model"), "a", "b", "c"), "b")).toBe("listed");
    const unlisted = listed(listed(start, "a", "c"), "a", "c");
    expect(stateOf(unlisted, "b")).toBe("unlisted");
    // Refused after the last list: the next one decides.
    expect(stateOf(refused(unlisted, "b", "unknown-model"), "b")).toBe("unlisted");
    expect(stateOf(listed(refused(unlisted, "b", "unknown-model"), "a", "c"), "b")).toBe("retired");
  });

  it("is not decided by a failed attempt", () => {
    const failed = nextEntry(
      refused(start, "b", "unknown-model"),
      { outcome: "network", message: "no", retryAfterMs: null },
      TIMES,
    );
    expect(stateOf(failed, "b")).toBe("listed");
  });

  it("is listed again when a list has it again, and the refusal is forgotten", () => {
    const retired = listed(refused(start, "b", "unknown-model"), "a", "c");
    const back = listed(retired, "a", "b", "c");
    expect(stateOf(back, "b")).toBe("listed");
    expect(back.refused).toBeUndefined();
    expect(stateOf(listed(back, "a", "c"), "b")).toBe("listed");
  });

  it("is not-usable-here while the provider lists it and refuses it for chat", () => {
    const entry = refused(start, "b", "not-usable");
    expect(stateOf(entry, "b")).toBe("not-usable-here");
    expect(stateOf(listed(entry, "a", "b", "c"), "b")).toBe("not-usable-here");
    const left = listed(entry, "a", "c");
    expect(stateOf(listed(left, "a", "b", "c"), "b")).toBe("listed");
  });

  it("is unknown for what no list ever had, whatever was said on use", () => {
    expect(stateOf(listed(refused(start, "typo", "unknown-model"), "a"), "typo")).toBeUndefined();
  });

  it("remembers 100 refusals, the latest", () => {
    let entry = start;
    for (let index = 0; index <= 100; index++) entry = refused(entry, `m${index}`, "not-usable");
    expect(entry.refused).toHaveLength(100);
    expect(entry.refused?.[0]?.model).toBe("m100");
    expect(refused(entry, "m50", "unknown-model").refused).toHaveLength(100);
  });
});

describe("livingModels", () => {
  const of = (model: string, lists: Parameters<typeof snapshotOf>[0], limit = 3) =>
    livingModels(snapshotOf(lists), { provider: "openai", model }, limit).map((ref) => `${ref.provider}/${ref.model}`);

  it("names the provider's closest, by words and by how they begin", () => {
    const openai = ["gpt-5", "gpt-5-mini", "gpt-5.1-mini", "o4-mini", "text-thing"];
    expect(of("gpt-4-mini", { openai, groq: ["gpt-4-mini-x"] })).toEqual([
      "openai/gpt-5-mini",
      "openai/gpt-5.1-mini",
      "openai/gpt-5",
    ]);
  });

  it("leaves out what is not for chat, the model itself and what is refused too", () => {
    const snapshot = snapshotOf({ openai: ["gpt-4", "gpt-4-turbo", { id: "gpt-4-embed", isChat: false }, "o1"] });
    const openai = snapshot.providers.get("openai") ?? entryOf();
    const providers = new Map([["openai", refused(openai, "gpt-4-turbo", "not-usable")]]);
    expect(livingModels({ ...snapshot, providers }, { provider: "openai", model: "gpt-4" }, 3)).toEqual([
      { provider: "openai", model: "o1" },
    ]);
  });

  it("asks other providers only where there is none", () => {
    expect(of("gpt-oss-120b", { openai: [], groq: ["gpt-oss-120", "llama"] })).toEqual(["groq/gpt-oss-120"]);
    expect(of("x", { openai: [] })).toEqual([]);
  });
});

describe("defaultModelOf", () => {
  it("offers no new conversation a model that is refused", () => {
    const snapshot = snapshotOf({ openai: ["gpt-5-pro", "gpt-5"] });
    const openai = refused(snapshot.providers.get("openai") ?? entryOf(), "gpt-5", "not-usable");
    const choice = { id: "openai", preferredFamilies: ["gpt-5"] };
    expect(defaultModelOf(snapshot, choice)?.model).toBe("gpt-5");
    expect(defaultModelOf({ ...snapshot, providers: new Map([["openai", openai]]) }, choice)?.model).toBe("gpt-5-pro");
  });
});
