import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import type { Context, Hono } from "hono";
import { etag } from "hono/etag";
import { ENGLISH, type Languages, type TranslatedLanguage } from "../../../languages/languages.js";
import { inLanguage, type Phrase } from "../../../languages/translate.js";
import { PAGE_TEXTS } from "../../../refresh/refresh-texts.js";
import { pageHtml, pageLanguage, translatedHtml } from "./page.js";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  webmanifest: "application/manifest+json",
};

export interface AssetTerms {
  /** Where the files are; those of its subfolders are served too. */
  readonly folder: URL;
  /** What goes before a file's name in its address: "/assets/". */
  readonly prefix: string;
  /** The page around `body.html`, run by `app.js`. Unset where the folder has none. */
  readonly page?: {
    readonly title: string | Phrase;
    readonly path: string;
    /** Addresses of its style sheets, which are sent as one, after the shared theme. */
    readonly styles: readonly string[];
  };
  /** JavaScript modules that are made from the bot's own data in a language, by their address. */
  readonly generated?: Readonly<Record<string, (language: PageLanguage) => string>>;
  /** Files of libraries in node_modules, by their address; `LIBRARY#FILE` is the one beside the library's own. */
  readonly vendor?: Readonly<Record<string, string>>;
}

interface Asset {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

/** Unset for English. */
type PageLanguage = TranslatedLanguage | undefined;

const BODY_FILE = "body.html";
const THEME = "/assets/shared/theme.css";
const SHARED = {
  folder: new URL("./page/", import.meta.url),
  prefix: "/assets/shared/",
  generated: {
    "/assets/shared/refresh-texts.js": () => `export const PAGE_TEXTS = ${JSON.stringify(PAGE_TEXTS)};\n`,
    "/assets/shared/messages.js": (language: PageLanguage) =>
      [
        `export const LANGUAGE = ${JSON.stringify(language?.code ?? ENGLISH)};`,
        `export const MESSAGES = ${JSON.stringify(language?.pages ?? {})};\n`,
      ].join("\n"),
  },
};

/**
 * Serves a page and everything it loads, in the language that the browser prefers. Only names known at the start are
 * served; each file is read once.
 */
export const assetRoutes = (terms: AssetTerms) => (app: Hono, languages: Languages) => {
  const { prefix, page, generated = {} } = terms;
  const serve = (path: string, isTranslated: boolean, read: (language: PageLanguage) => Asset) => {
    const assets = new Map<PageLanguage, Asset>();
    app.get(path, etag(), (context) => {
      const language = isTranslated ? pageLanguage(context, languages) : undefined;
      const asset = assets.get(language) ?? inLanguage(language, () => read(language));
      assets.set(language, asset);
      return answer(context, asset, isTranslated);
    });
  };
  const sources = sourcesOf(terms);
  for (const [address, read] of sources)
    serve(address, Object.hasOwn(generated, address), (language) => assetOf(read(language), address));
  if (page === undefined) return;
  const all = new Map([...sourcesOf(SHARED), ...sources]);
  const styles = `${prefix}page.css`;
  const sheets = [THEME, ...page.styles];
  serve(styles, false, () => assetOf(Buffer.concat(sheets.map((address) => read(all, address))), styles));
  serve(page.path, true, () => {
    const script = `${prefix}app.js`;
    const preloads = [...importsOf(all, script)].filter((address) => address !== script);
    const body = translatedHtml(readFileSync(new URL(BODY_FILE, terms.folder), "utf8"));
    const title = page.title.toString();
    return assetOf(Buffer.from(pageHtml({ ...page, title, styles: [styles], script, preloads, body })), BODY_FILE);
  });
};

/** What the pages share. */
export const sharedAssets = assetRoutes(SHARED);

type Sources = ReadonlyMap<string, (language?: PageLanguage) => Buffer>;

/** How each file is read, by its address. */
const sourcesOf = ({ folder, prefix, generated = {}, vendor = {} }: AssetTerms): Sources =>
  new Map([
    ...filesIn(folder).map((name) => [prefix + name, () => readFileSync(new URL(name, folder))] as const),
    ...Object.entries(vendor).map(([address, named]) => [address, () => readFileSync(vendorFile(named))] as const),
    ...Object.entries(generated).map(
      ([address, make]) => [address, (language?: PageLanguage) => Buffer.from(make(language))] as const,
    ),
  ]);

/** By `require`, which a library may answer with another form of itself than a browser takes. */
function vendorFile(named: string): URL {
  const [specifier = "", beside = ""] = named.split("#");
  return new URL(beside, pathToFileURL(createRequire(import.meta.url).resolve(specifier)));
}

const read = (sources: Sources, address: string): Buffer => sources.get(address)?.() ?? Buffer.alloc(0);

/** Paths relative to `folder`, with slashes. */
const filesIn = (folder: URL): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => /\.\w+$/.test(name) && name !== BODY_FILE);

/** Static imports, also of a module that was minified; not those that a page makes later. */
const IMPORT = /\b(?:from|import)\s*"([^"]+)"/g;

/** Addresses of a module and all that it imports, so that a browser loads them at once and not one after the other. */
function importsOf(sources: Sources, address: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(address) || !sources.has(address)) return found;
  found.add(address);
  if (address.startsWith("/assets/vendor/")) return found; // libraries come as one file each
  for (const [, specifier = ""] of read(sources, address).toString().matchAll(IMPORT)) {
    importsOf(sources, new URL(specifier, `http://page${address}`).pathname, found);
  }
  return found;
}

function assetOf(plain: Buffer, name: string): Asset {
  const digest = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  return {
    type: TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream",
    plain: new Uint8Array(plain),
    packed: new Uint8Array(gzipSync(plain, { level: 9 })),
    etag: `"${digest}"`,
  };
}

function answer(context: Context, { type, plain, packed, etag }: Asset, isTranslated: boolean): Response {
  const takesGzip = /\bgzip\b/.test(context.req.header("accept-encoding") ?? "");
  return context.body(takesGzip ? packed : plain, 200, {
    "content-type": type,
    "cache-control": "no-cache", // browsers ask each time and mostly get a 304, so a new version is seen at once
    etag,
    vary: isTranslated ? "accept-encoding, accept-language" : "accept-encoding",
    ...(takesGzip && { "content-encoding": "gzip" }),
  });
}
