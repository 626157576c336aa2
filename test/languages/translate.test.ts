import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, it, vi } from "vitest";
import {
  eachInLanguage,
  inLanguage,
  type Language,
  localeInForce,
  phrase,
  plural,
  t,
} from "../../src/languages/translate.js";

const languageOf = (code: string, texts: Readonly<Record<string, string>>): Language => ({
  code,
  name: code,
  englishName: code,
  translationOf: (text) => texts[text],
});
const german = languageOf("de", {
  "Stopped by {0}.": "Von {0} angehalten.",
  "{0} of {1}": "von {1} sind es {0}",
  "One line and the next, {0}.": "Eine Zeile, {0}.",
  "{0} model|{0} models": "{0} Modell|{0} Modelle",
  on: "an",
});
const polish = languageOf("pl", { "{0} model|{0} models": "{0} model|{0} modele|{0} modeli|{0} modelu" });

describe("t", () => {
  it("writes the English text where no language is in force, and where there is no translation", () => {
    expect(t`Stopped by ${"Ada"}.`).toBe("Stopped by Ada.");
    expect(inLanguage(german, () => t`Not translated, ${1} ${"$&"}.`)).toBe("Not translated, 1 $&.");
  });

  it("fills in a translation in its own order, whatever the values hold", () => {
    expect(inLanguage(german, () => t`${"{1}"} of ${"$&"}`)).toBe("von $& sind es {1}");
  });

  it("takes a line break with indentation for a space", () => {
    const say = () => t`One line
      and the next, ${"x"}.`;
    expect(say()).toBe("One line and the next, x.");
    expect(inLanguage(german, say)).toBe("Eine Zeile, x.");
  });

  it("translates a marked constant where it is used", () => {
    const on = phrase`on`;
    expect(inLanguage(german, () => [`${on}`, t(on), JSON.stringify({ on })])).toEqual(["an", "an", '{"on":"an"}']);
    expect([`${on}`, t(on)]).toEqual(["on", "on"]);
  });
});

describe("plural()", () => {
  it("takes the form of the language in force", () => {
    const forms = (counts: readonly number[]) => counts.map((count) => plural(count, "model"));
    expect(forms([0, 1, 2])).toEqual(["0 models", "1 model", "2 models"]);
    expect(inLanguage(german, () => forms([0, 1, 2]))).toEqual(["0 Modelle", "1 Modell", "2 Modelle"]);
    expect(inLanguage(polish, () => forms([1, 2, 5]))).toEqual(["1 model", "2 modele", "5 modeli"]);
    expect(inLanguage(german, () => plural(2, "row"))).toBe("2 rows");
  });
});

describe("inLanguage()", () => {
  it("keeps two languages apart, over awaits too", async () => {
    const say = async () => {
      const first = localeInForce();
      await new Promise((resolve) => setImmediate(resolve));
      return [first, localeInForce()];
    };
    const both = [inLanguage(german, say), say(), inLanguage(polish, () => inLanguage(undefined, say))];
    expect(await Promise.all(both)).toEqual([
      ["de", "de"],
      ["en", "en"],
      ["en", "en"],
    ]);
  });

  it("runs nothing in a context of its own while everything is English", () => {
    const run = vi.spyOn(AsyncLocalStorage.prototype, "run");
    inLanguage(undefined, () => eachInLanguage(undefined, async function* () {}));
    expect(run).not.toHaveBeenCalled();
    inLanguage(german, () => {});
    expect(run).toHaveBeenCalledOnce();
    run.mockRestore();
  });
});

describe("eachInLanguage()", () => {
  it("runs every step in its language, and ends the generator where its reader stops", async () => {
    const seen: string[] = [];
    const steps = eachInLanguage(german, async function* () {
      try {
        yield localeInForce();
        yield localeInForce();
      } finally {
        seen.push(localeInForce());
      }
    });
    for await (const step of steps) {
      seen.push(step, localeInForce());
      break;
    }
    expect(seen).toEqual(["de", "en", "de"]);
  });
});
