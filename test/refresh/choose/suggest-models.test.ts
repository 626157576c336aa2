import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelInfo } from "../../../src/providers/provider.js";
import type { Snapshot } from "../../../src/refresh/catalog/catalog-entry.js";
import { cleanTyped, indexAhead, squeeze } from "../../../src/refresh/choose/model-index.js";
import { type SuggestionTerms, suggestModels } from "../../../src/refresh/choose/suggest-models.js";
import { snapshotOf } from "../support.js";

/** The order that is promised, found by looking at every row. */
function slowly(snapshot: Snapshot, typed: string, limit: number, terms: Required<SuggestionTerms>): string[] {
  const wanted = cleanTyped(typed).toLowerCase();
  const words = wanted.split(/\s+/);
  const squeezed = words.map(squeeze).filter((word) => word !== "");
  const lists = [...snapshot.providers].map(([provider, { models }]) => ({ provider, models }));
  const ordered = [
    ...lists.filter((one) => terms.isFresh(one.provider)),
    ...lists.filter((one) => !terms.isFresh(one.provider)),
  ];
  const rows = ordered.flatMap(({ provider, models }) =>
    models.filter(({ isChat }) => isChat).map((model) => ({ provider, model })),
  );
  const ranked = rows.flatMap(({ provider, model }, place) => {
    const id = model.id.toLowerCase();
    const text = `${provider.toLowerCase()}/${id} ${model.name?.toLowerCase() ?? ""}`;
    const at = text.indexOf(wanted);
    const isFitting = at !== -1 || (words.length > 1 && words.every((word) => text.includes(word)));
    const isSimilar = squeezed.length > 0 && squeezed.every((word) => squeeze(text).includes(word));
    if (!isFitting && !isSimilar) return [];
    const isWhole = id === wanted || (at === 0 && text.charAt(wanted.length) === " ");
    const isInside = at > 0 && /[\p{L}\p{N}]/u.test(text.charAt(at - 1));
    const begins = id.startsWith(wanted) || at === 0;
    const rank = !isFitting ? 4 : isWhole ? 0 : begins ? 1 : at > 0 && !isInside ? 2 : 3;
    const isUsed = terms.recent.some((ref) => ref.provider === provider && ref.model === model.id);
    return [{ name: `${provider}/${model.id}`, rank, isUsed, place }];
  });
  ranked.sort((a, b) => a.rank - b.rank || Number(b.isUsed) - Number(a.isUsed) || a.place - b.place);
  return ranked.slice(0, limit).map(({ name }) => name);
}

const part = fc.constantFrom(
  "gpt",
  "g",
  "pt",
  "mini",
  "4",
  "4.5",
  "45",
  "-",
  "/",
  ".",
  " ",
  "é",
  "İ",
  "ß",
  "😀",
  "ab",
  "a",
);
const text = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(""));
const model: fc.Arbitrary<ModelInfo> = fc
  .record({ id: text, name: fc.option(text, { nil: undefined }), isChat: fc.integer({ max: 5, min: 0 }) })
  .map(({ id, name, isChat }) => ({ id, isChat: isChat > 0, ...(name !== undefined && { name }) }));
const models = fc.uniqueArray(model, { selector: ({ id }) => id, maxLength: 40 });
const lists = fc.record({ openai: models, ab: models, g: models });

describe("suggestModels()", () => {
  it("finds what looking at every row finds, in that order", () => {
    const isStale = fc.constantFrom("openai", "ab", "none");
    const places = fc.array(fc.nat(39), { maxLength: 4 });
    fc.assert(
      fc.property(lists, text, fc.constantFrom(1, 3, 25), isStale, places, (given, typed, limit, stale, used) => {
        const snapshot = snapshotOf(given);
        const recent = used.flatMap((place) => {
          const found = given.ab[place];
          return found === undefined ? [] : { provider: "ab", model: found.id };
        });
        const terms = { recent, isFresh: (provider: string) => provider !== stale };
        const expected = cleanTyped(typed) === "" ? [] : slowly(snapshot, typed, limit, terms);
        // With nothing that fits, letters in their order are offered instead.
        if (expected.length === 0) return;
        const found = suggestModels(snapshot, typed, limit, terms).map((one) => `${one.provider}/${one.model}`);
        expect(found).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });

  it("finds letters in their order wherever they are", () => {
    fc.assert(
      fc.property(lists, text, (given, typed) => {
        const snapshot = snapshotOf(given);
        const terms = { recent: [], isFresh: () => true };
        const letters = squeeze(cleanTyped(typed).toLowerCase());
        if (letters.length < 2 || slowly(snapshot, typed, 1, terms).length > 0) return;
        const pattern = new RegExp([...letters].join(".*"), "su");
        const holding = Object.values(given)
          .flat()
          .filter(({ id, isChat }) => isChat && pattern.test(id.toLowerCase()));
        expect(suggestModels(snapshot, typed, 999)).toHaveLength(holding.length);
      }),
      { numRuns: 400 },
    );
  });
});

describe("suggestModels() over many models", () => {
  /** 20,000 models, and how many of them were looked at since they were last counted. */
  function many() {
    let looks = 0;
    const families = ["gpt", "claude-sonnet", "llama", "mistral-large", "qwen3-coder"];
    const models = Array.from({ length: 20_000 }, (_unused, index) => ({
      id: `vendor-${index % 50}/${families[index % families.length]}-${index % 9}.${index % 7}-${index}`,
      name: `Vendor: ${families[index % families.length]} ${index}`,
      get isChat() {
        looks += 1;
        return true;
      },
    }));
    const lists: Record<string, typeof models> = {};
    for (let list = 0; list < 4; list++) lists[`p${list}`] = models.slice(list * 5_000, (list + 1) * 5_000);
    const snapshot = snapshotOf(lists);
    const looksFor = (work: () => unknown) => {
      looks = 0;
      work();
      return looks;
    };
    return { snapshot, looksFor };
  }

  it.each([
    "gpt-6.0-4200",
    "gpt-4.3-4200",
    "claude 7773",
    "nothing fits",
    "zzzz",
    "qwen coder 19",
    "gpt43",
    "llama-1.1-1",
    "xqj7",
  ])("looks at few of them for %j", (typed) => {
    const { snapshot, looksFor } = many();
    suggestModels(snapshot, "", 1);
    expect(looksFor(() => suggestModels(snapshot, typed, 25))).toBeLessThan(2_000);
  });

  it("finds the index that was made ahead, in slices", async () => {
    const { snapshot, looksFor } = many();
    await indexAhead(snapshot);
    expect(looksFor(() => suggestModels(snapshot, "gpt-6.0-4200", 25))).toBeLessThan(2_000);
    await indexAhead(snapshot);
  });
});
