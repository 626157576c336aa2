import { describe, expect, it } from "vitest";
import type { ModelInfo } from "../../../src/providers/provider.js";
import type { CatalogEntry } from "../../../src/refresh/catalog/catalog-entry.js";
import { modelChangesBetween } from "../../../src/refresh/catalog/change-log.js";
import { nextEntry } from "../../../src/refresh/catalog/next-entry.js";
import { entryOf } from "../support.js";
import { createWorld } from "../world.js";

const model = (id: string, facts: Partial<ModelInfo> = {}): ModelInfo => ({ id, isChat: true, ...facts });

/** What one list after the other tells; undefined is a failed attempt. */
function lists(...all: readonly (readonly ModelInfo[] | undefined)[]): readonly string[][] {
  let entry: CatalogEntry = entryOf();
  return all.map((models, index) => {
    const answer =
      models === undefined
        ? ({ outcome: "timeout", message: "", retryAfterMs: null } as const)
        : ({ outcome: "ok", models } as const);
    const next = nextEntry(entry, answer, { attemptedAt: index, answeredAt: index });
    const changes = modelChangesBetween("openai", entry, next, index);
    entry = next;
    return changes.map(({ kind, model }) => `${kind} ${model}`);
  });
}

const [A, B] = [model("a"), model("b")];

describe("modelChangesBetween()", () => {
  it("finds none in a first list", () => expect(lists([A, B])).toEqual([[]]));

  it("tells what is gone after two good lists, and once", () => {
    expect(lists([A, B], [A], [A], [A])).toEqual([[], [], ["gone b"], []]);
  });

  it("counts an unchanged list, and no failed attempt", () => {
    const same = [A];
    expect(lists([A, B], same, undefined, undefined, same, undefined)).toEqual([[], [], [], [], ["gone b"], []]);
  });

  it("tells nothing of a model that one list left out", () => {
    expect(lists([A, B], [A], [A, B])).toEqual([[], [], []]);
  });

  it("tells what is new, and what is back", () => {
    expect(lists([A], [A, B], [A], [A], [A, B])).toEqual([[], ["new b"], [], ["gone b"], ["back b"]]);
  });

  it("tells of prices and context where both are known", () => {
    const priced = (outputPrice?: number, contextTokens?: number) =>
      model("a", {
        ...(outputPrice !== undefined && { outputPrice }),
        ...(contextTokens !== undefined && { contextTokens }),
      });
    expect(lists([priced()], [priced(2, 8)], [priced(1, 8)], [priced(1, 9)], [priced()])).toEqual([
      [],
      [],
      ["price a"],
      ["context a"],
      [],
    ]);
  });

  it("tells of announced retirements, and of other days", () => {
    const retiring = (retiresAt?: number) =>
      model("a", retiresAt === undefined ? {} : { retiresAt, isDeprecated: true });
    expect(lists([retiring()], [retiring(5)], [retiring(5)], [retiring(9)])).toEqual([
      [],
      ["retire a"],
      [],
      ["retire a"],
    ]);
  });

  it("leaves out what is not for chat", () => {
    expect(lists([A], [A, model("embedding", { isChat: false })], [A], [A])).toEqual([[], [], [], []]);
  });

  it("tells of all that left, however many", () => {
    const many = Array.from({ length: 600 }, (_, index) => model(`m${index}`));
    const told = lists([A, ...many], [A], [A]).flat();
    expect(new Set(told).size).toBe(600);
    expect(told).toHaveLength(600);
  });
});

describe("the changes of a refresher", () => {
  it("wait for the watches in one step with the list, and in its log", async () => {
    const { refresher, provider, store } = await createWorld({ ids: ["openai"] });
    await refresher.tick();
    expect(await store.values("watches").entries()).toEqual([]);
    provider("openai").answers(["openai-1", "openai-2", "openai-3"]);
    await refresher.refresh("person");
    const [row, ...more] = await store.values("watches").entries("pending:news:openai:");
    expect(row?.[1]).toMatchObject([{ kind: "new", model: "openai-3" }]);
    expect(more).toEqual([]);
    expect(refresher.changes().get("openai")?.changes).toEqual(row?.[1]);
  });

  it("are stored with the next list where the store failed, and once", async () => {
    const { refresher, provider, store, clock } = await createWorld({ ids: ["openai"] });
    await refresher.tick();
    provider("openai").answers(["openai-1", "openai-2", "openai-3"]);
    const { commit } = store;
    store.commit = async () => {
      throw new Error("the disk is full");
    };
    await refresher.refresh("person");
    store.commit = commit;
    await clock.advance(60_000);
    await refresher.refresh("person");
    await clock.advance(60_000);
    await refresher.refresh("person");
    const rows = await store.values("watches").entries("pending:news:");
    expect(rows.map(([, value]) => value)).toMatchObject([[{ kind: "new", model: "openai-3" }]]);
  });
});
