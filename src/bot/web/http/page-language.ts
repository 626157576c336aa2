import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { ENGLISH, type Languages, type TranslatedLanguage } from "../../../languages/languages.js";
import { t } from "../../../languages/translate.js";

/** Returns the language that a browser prefers of those that there are; undefined for English. */
export function pageLanguage(context: Context, { translated, of }: Languages): TranslatedLanguage | undefined {
  const code = accepts(context, {
    header: "Accept-Language",
    supports: [ENGLISH, ...translated.map((language) => language.code)],
    default: ENGLISH,
    match(wanted, { supports, default: other }) {
      const byWish = wanted.filter(({ q }) => q > 0).sort((a, b) => b.q - a.q);
      // "de-AT" is served in German, where there is no file of its own.
      const found = byWish.flatMap(({ type }) => [type, type.split("-")[0] ?? ""].map((tag) => tag.toLowerCase()));
      return found.flatMap((tag) => supports.find((each) => each.toLowerCase() === tag) ?? [])[0] ?? other;
    },
  });
  return of(code);
}

/** What people read of HTML: texts between tags, and attributes that are shown or read out. */
const READ =
  /<!--[\s\S]*?--(?=>)|<svg[\s\S]*?<\/svg(?=>)|\b(aria-label|title|placeholder|alt)="([^"]+)"|>([^<]+)(?=<)/g;

/** Returns HTML in the language in force; the white space around a text stays. */
export const translatedHtml = (html: string): string =>
  html.replace(READ, (whole, attribute?: string, value?: string, between?: string) => {
    if (attribute !== undefined && value !== undefined) return `${attribute}="${t(oneLine(value))}"`;
    if (between === undefined || between.trim() === "") return whole;
    const [before = "", after = ""] = [/^\s*/.exec(between)?.[0], /\s*$/.exec(between)?.[0]];
    return `>${before}${t(oneLine(between))}${after}`;
  });

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
