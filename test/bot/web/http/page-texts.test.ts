import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { sharedAssets } from "../../../../src/bot/web/http/assets.js";
import { ENGLISH_ONLY } from "../../../../src/languages/languages.js";
import { INTERVALS, outcomeWords, PAGE_TEXTS, refreshLabel } from "../../../../src/refresh/refresh-texts.js";

/** The pages' module of texts, as a browser gets it: each module that it imports is served too. */
async function loadPageTexts() {
  const app = new Hono();
  sharedAssets(app, ENGLISH_ONLY);
  const urlOf = async (path: string): Promise<string> => {
    let source = await (await app.request(`/assets/shared/${path}`)).text();
    for (const [all, specifier = ""] of source.matchAll(/from "([^"]+)"/g)) {
      source = source.replace(all, `from "${await urlOf(specifier.split("/").at(-1) ?? "")}"`);
    }
    return `data:text/javascript,${encodeURIComponent(source)}`;
  };
  return import(/* @vite-ignore */ await urlOf("texts.js"));
}

describe("the pages' texts of the refresh", () => {
  it("are the bot's own", async () => {
    const page = await loadPageTexts();
    for (const isFresh of [true, false]) {
      for (const hasLists of [true, false]) {
        const providers = [{ fetchedAt: hasLists ? 1 : null }];
        expect(page.refreshLabel({ isFresh, providers })).toBe(refreshLabel({ isFresh, hasLists }));
      }
    }
    expect(page.INTERVALS.map(({ value, label }: { value: string; label: string }) => [value, label])).toEqual(
      INTERVALS.map(({ value, label }) => [String(value), label]),
    );
    const outcomes = Object.keys(PAGE_TEXTS.outcomes) as Exclude<Parameters<typeof outcomeWords>[0], "ok">[];
    expect(outcomes.length).toBeGreaterThan(0);
    for (const outcome of outcomes) expect(page.outcomeWords(outcome)).toBe(outcomeWords(outcome));
  });
});
