import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Context, Hono } from "hono";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Libraries of the page, from where npm put them. */
const VENDOR: Readonly<Record<string, string>> = {
  "markdown-it.mjs": "markdown-it/browser",
  "purify.mjs": "dompurify",
};

interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly packed: Buffer;
  readonly etag: string;
}

/** The page and everything it loads: read once, from a fixed list of names. */
export function assetRoutes(app: Hono): void {
  const folder = new URL("./page/", import.meta.url);
  const addresses = new Map<string, URL>([
    ["/", new URL("index.html", folder)],
    ...readdirSync(folder)
      .filter((name) => name !== "index.html")
      .map((name) => [`/assets/${name}`, new URL(name, folder)] as const),
    ...Object.entries(VENDOR).map(
      ([name, specifier]) => [`/assets/vendor/${name}`, new URL(import.meta.resolve(specifier))] as const,
    ),
  ]);
  const read = new Map<string, Asset>();
  for (const [path, url] of addresses) {
    app.get(path, (context) => {
      const asset = read.get(path) ?? readAsset(url);
      read.set(path, asset);
      return answer(context, asset);
    });
  }
}

function readAsset(url: URL): Asset {
  const plain = readFileSync(fileURLToPath(url));
  const type = TYPES[url.pathname.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  const etag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
  return { type, plain, packed: gzipSync(plain), etag };
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
