import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Context, Hono } from "hono";
import { PAGE_TEXTS } from "../../../refresh/indicator.js";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

export interface AssetTerms {
  /** Where the files are. */
  readonly folder: URL;
  /** What goes before a file's name in its address: "/assets/". */
  readonly prefix: string;
  /** Address of the page `index.html`; unset where the folder has none. */
  readonly page?: string;
  /** JavaScript modules that are made from the bot's own data, by their address. */
  readonly generated?: Readonly<Record<string, string>>;
  /** Libraries from where npm put them, by their address. */
  readonly vendor?: Readonly<Record<string, string>>;
}

interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly packed: Buffer;
  readonly etag: string;
}

const PAGE_FILE = "index.html";

/** A page and everything it loads: read once each, from a fixed list of names. */
export const assetRoutes =
  ({ folder, prefix, page, generated = {}, vendor = {} }: AssetTerms) =>
  (app: Hono): void => {
    const addresses = new Map<string, () => URL>([
      ...(page === undefined ? [] : [[page, () => new URL(PAGE_FILE, folder)] as const]),
      ...readdirSync(folder)
        .filter((name) => name !== PAGE_FILE)
        .map((name) => [prefix + name, () => new URL(name, folder)] as const),
      ...Object.entries(vendor).map(
        ([address, specifier]) => [address, () => new URL(import.meta.resolve(specifier))] as const,
      ),
    ]);
    for (const [path, source] of Object.entries(generated)) {
      const asset = assetOf(TYPES.js, Buffer.from(source));
      app.get(path, (context) => answer(context, asset));
    }
    const read = new Map<string, Asset>();
    for (const [path, urlOf] of addresses) {
      app.get(path, (context) => {
        const asset = read.get(path) ?? readAsset(urlOf());
        read.set(path, asset);
        return answer(context, asset);
      });
    }
  };

/** What the pages share. */
export const sharedAssets = assetRoutes({
  folder: new URL("./page/", import.meta.url),
  prefix: "/assets/shared/",
  generated: { "/assets/shared/refresh-texts.js": `export const REFRESH_TEXTS = ${JSON.stringify(PAGE_TEXTS)};\n` },
});

function readAsset(url: URL): Asset {
  return assetOf(TYPES[url.pathname.split(".").at(-1) ?? ""], readFileSync(fileURLToPath(url)));
}

function assetOf(type = "application/octet-stream", plain: Buffer): Asset {
  const etag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
  return { type, plain, packed: gzipSync(plain, { level: 9 }), etag };
}

function answer(context: Context, { type, plain, packed, etag }: Asset): Response {
  const headers: Record<string, string> = {
    "content-type": type,
    "cache-control": "no-cache", // asks each time and mostly gets a 304, so a new version is seen at once
    etag,
    vary: "accept-encoding",
  };
  if (context.req.header("if-none-match") === etag) return context.body(null, 304, headers);
  const takesGzip = /\bgzip\b/.test(context.req.header("accept-encoding") ?? "");
  if (!takesGzip) return context.body(new Uint8Array(plain), 200, headers);
  return context.body(new Uint8Array(packed), 200, { ...headers, "content-encoding": "gzip" });
}
