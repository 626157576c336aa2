import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { Context, Hono } from "hono";
import { etag } from "hono/etag";
import { PAGE_TEXTS } from "../../../refresh/refresh-texts.js";
import { type HtmlPage, pageHtml } from "./page.js";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

export interface AssetTerms {
  /** Where the files are; those of its subfolders are served too. */
  readonly folder: URL;
  /** What goes before a file's name in its address: "/assets/". */
  readonly prefix: string;
  /** The page around `body.html`, run by `app.js`; `path` is its address. Unset where the folder has none. */
  readonly page?: Pick<HtmlPage, "title" | "styles"> & { readonly path: string };
  /** JavaScript modules that are made from the bot's own data, by their address. */
  readonly generated?: Readonly<Record<string, string>>;
  /** Files of libraries in node_modules, by their address. */
  readonly vendor?: Readonly<Record<string, string>>;
  /** Which files of libraries the page needs at once. */
  readonly vendorPreloads?: readonly string[];
}

interface Asset {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly etag: string;
}

const BODY_FILE = "body.html";
const SHARED = {
  folder: new URL("./page/", import.meta.url),
  prefix: "/assets/shared/",
  generated: { "/assets/shared/refresh-texts.js": `export const PAGE_TEXTS = ${JSON.stringify(PAGE_TEXTS)};\n` },
};

/** Serves a page and everything it loads. Only names known at the start are served; each file is read once. */
export const assetRoutes =
  ({ folder, prefix, page, generated = {}, vendor = {}, vendorPreloads = [] }: AssetTerms) =>
  (app: Hono): void => {
    const serve = (path: string, read: () => Asset) => {
      let asset: Asset | undefined;
      app.get(path, etag(), (context) => {
        asset ??= read();
        return answer(context, asset);
      });
    };
    for (const name of filesIn(folder)) serve(prefix + name, () => readAsset(new URL(name, folder)));
    for (const [address, specifier] of Object.entries(vendor)) {
      serve(address, () => readAsset(new URL(import.meta.resolve(specifier))));
    }
    for (const [address, text] of Object.entries(generated)) serve(address, () => assetOf(Buffer.from(text), "js"));
    if (page === undefined) return;
    serve(page.path, () => {
      const preloads = [
        ...vendorPreloads,
        ...Object.keys(SHARED.generated),
        ...modulesIn(SHARED),
        ...modulesIn({ folder, prefix }),
      ];
      const body = readFileSync(new URL(BODY_FILE, folder), "utf8");
      return assetOf(Buffer.from(pageHtml({ ...page, script: `${prefix}app.js`, preloads, body })), "html");
    });
  };

/** What the pages share. */
export const sharedAssets = assetRoutes(SHARED);

/** Paths relative to `folder`, with slashes. */
const filesIn = (folder: URL): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => /\.\w+$/.test(name) && name !== BODY_FILE);

/** Addresses of the modules that an `app.js` imports; the sign-in form is a page of its own. */
const modulesIn = ({ folder, prefix }: Pick<AssetTerms, "folder" | "prefix">): readonly string[] =>
  filesIn(folder)
    .filter((name) => name.endsWith(".js") && name !== "app.js" && name !== "sign-in.js")
    .map((name) => prefix + name);

const readAsset = (url: URL): Asset => assetOf(readFileSync(url), url.pathname.split(".").at(-1) ?? "");

function assetOf(plain: Buffer, extension: string): Asset {
  const digest = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  return {
    type: TYPES[extension] ?? "application/octet-stream",
    plain: new Uint8Array(plain),
    packed: new Uint8Array(gzipSync(plain, { level: 9 })),
    etag: `"${digest}"`,
  };
}

function answer(context: Context, { type, plain, packed, etag }: Asset): Response {
  const takesGzip = /\bgzip\b/.test(context.req.header("accept-encoding") ?? "");
  return context.body(takesGzip ? packed : plain, 200, {
    "content-type": type,
    "cache-control": "no-cache", // browsers ask each time and mostly get a 304, so a new version is seen at once
    etag,
    vary: "accept-encoding",
    ...(takesGzip && { "content-encoding": "gzip" }),
  });
}
