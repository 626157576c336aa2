import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { Language } from "./translate.js";

/** A file of translations, by the English text: of what the bot says, and of what its pages say. */
const translations = z.object({ bot: z.record(z.string(), z.string()), pages: z.record(z.string(), z.string()) });
type Translations = z.infer<typeof translations>;

export interface TranslatedLanguage extends Language {
  /** What the pages need of it. */
  readonly pages: Readonly<Record<string, string>>;
}

/** The languages that there are: English, and one for each file of the folder. */
export interface Languages {
  /** All but English, by their codes. */
  readonly translated: readonly TranslatedLanguage[];
  /** The language with a code; undefined for English, and for one that has no file any more. */
  of(code: string | undefined): TranslatedLanguage | undefined;
}

export const ENGLISH = "en";

/** Where nothing is translated. */
export const ENGLISH_ONLY: Languages = { translated: [], of: () => undefined };

/** Returns the languages of a folder. Only the names of the files are read; a file itself when it is first needed. */
export function createLanguages(folder = new URL("./", import.meta.url)): Languages {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const byCode = new Map(files.sort().map((name) => [name.slice(0, -".json".length), languageOf(name, folder)]));
  return { translated: [...byCode.values()], of: (code = ENGLISH) => byCode.get(code) };
}

function languageOf(file: string, folder: URL): TranslatedLanguage {
  const code = file.slice(0, -".json".length);
  let texts: Translations | undefined;
  const read = () => {
    texts ??= translations.parse(JSON.parse(readFileSync(new URL(file, folder), "utf8")));
    return texts;
  };
  const find = (message: string) => {
    const { bot, pages } = read();
    return Object.hasOwn(bot, message) ? bot[message] : Object.hasOwn(pages, message) ? pages[message] : undefined;
  };
  return {
    code,
    name: languageName(code, code),
    englishName: languageName(code, ENGLISH),
    translationOf: (message) => find(message) || undefined,
    get pages() {
      return read().pages;
    },
  };
}

/** What Intl says of these: its first answer takes 6 MB and 10 ms of a start. Any other language is looked up there. */
const NAMES: Readonly<Record<string, string>> = { "en in en": "English", "de in de": "Deutsch", "de in en": "German" };

/** "Deutsch" for "de" in itself, "German" in English. */
export const languageName = (code: string, inLanguage: string): string =>
  NAMES[`${code} in ${inLanguage}`] ?? new Intl.DisplayNames([inLanguage], { type: "language" }).of(code) ?? code;
