import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { ENGLISH, type Languages, type TranslatedLanguage } from "../../../languages/languages.js";
import { localeInForce, t } from "../../../languages/translate.js";

export interface HtmlPage {
  readonly title: string;
  /** Addresses of the style sheets, in the order in which they apply. */
  readonly styles: readonly string[];
  /** Address of the module that runs the page; unset where it only says something. */
  readonly script?: string;
  /** Addresses of the modules that it imports: the browser loads them at once, not one after the other. */
  readonly preloads?: readonly string[];
  /** The HTML between the body's tags. */
  readonly body: string;
}

/** The skeleton of every page: nothing inline, as the content security policy allows only files of this server. */
export const pageHtml = ({ title, styles, script, preloads = [], body }: HtmlPage): string => `<!doctype html>
<html lang="${localeInForce()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/shared/icon.svg" type="image/svg+xml">
<link rel="manifest" href="/assets/shared/manifest.webmanifest" crossorigin="use-credentials">
<meta name="theme-color" content="#1d6b47">
<script src="/assets/shared/first.js"></script>
${styles.map((href) => `<link rel="stylesheet" href="${href}">`).join("\n")}
${preloads.map((href) => `<link rel="modulepreload" href="${href}">`).join("\n")}
${script === undefined ? "" : `<script type="module" src="${script}"></script>`}
</head>
<body>
${body}</body>
</html>
`;

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
