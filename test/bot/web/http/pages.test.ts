import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signInPage } from "../../../../src/bot/web/http/token.js";
import { type Bot, startBot } from "../../../support/start-bot.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

const FOLDERS = ["http", "playground", "console"].map((owner) => `src/bot/web/${owner}/page`);
const files = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
);
const textOf = (file: string) => readFileSync(file, "utf8");

describe("the pages' files", () => {
  it.each([
    ...files.filter((file) => file.endsWith(".html")).map((file) => [file, textOf(file)]),
    ["sign in", signInPage("x")],
  ])("%s has no script, style or handler of its own and loads nothing from elsewhere", (_file, html) => {
    expect(html).not.toMatch(
      /<script(?![^>]*\bsrc=")|<style|\sstyle=|\son\w+=|javascript:|(src|href|action)="(https?:)?\/\//i,
    );
  });

  it.each(files.filter((file) => file.endsWith(".js")))("%s makes no markup from text and runs none", (file) => {
    expect(textOf(file)).not.toMatch(
      /\.innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\("style"|https?:\/\/(?!\?)/,
    );
  });

  it.each(files.filter((file) => file.endsWith(".js")))("%s is no longer than 250 lines", (file) => {
    expect(textOf(file).split("\n").length).toBeLessThanOrEqual(250);
  });

  it.each(files.filter((file) => file.endsWith(".css")))("%s loads nothing", (file) => {
    expect(textOf(file)).not.toMatch(/@import|url\(/);
  });
});

describe("what the server gives out", () => {
  const folder = temporaryFolder();
  let bot: Bot;
  beforeAll(async () => {
    bot = await startBot(folder.path);
  });
  afterAll(async () => {
    await bot.stop(0);
    folder.remove();
  });

  it.each([
    "/",
    "/console",
    "/assets/app.js",
    "/assets/console/app.js",
    "/assets/shared/api.js",
    "/assets/vendor/highlight/python.mjs",
    "/assets/vendor/uplot.mjs",
    "/api/console",
    "/api/console/events",
    "/api/channels/general/events",
    "/metrics",
  ])("%s comes with the policy: own files only, in no frame, of the type that it says", async (path) => {
    const controller = new AbortController();
    const { status, headers } = await fetch(`${bot.url}${path}`, { signal: controller.signal });
    controller.abort();
    const policy = headers.get("content-security-policy") ?? "";
    expect(status).toBe(200);
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"]) {
      expect(policy).toContain(rule);
    }
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  it.each(["/", "/console"])("%s names every module to be loaded at once, not one after the other", async (path) => {
    const page = await (await fetch(`${bot.url}${path}`)).text();
    const addresses = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, address]) => address ?? "");
    const named = addresses(/<link rel="modulepreload" href="([^"]+)">/g);
    const seen = new Set<string>();
    const visit = async (address: string) => {
      if (seen.has(address)) return;
      seen.add(address);
      const answer = await fetch(`${bot.url}${address}`);
      expect([address, answer.status]).toEqual([address, 200]);
      if (address.startsWith("/assets/vendor/")) return;
      const imports = [...(await answer.text()).matchAll(/^(?:import|\} from)\b[^"]*"([^"]+)"/gm)];
      for (const [, specifier = ""] of imports) await visit(new URL(specifier, bot.url + address).pathname);
    };
    for (const address of addresses(/<script type="module" src="([^"]+)">/g)) await visit(address);
    const script = addresses(/<script type="module" src="([^"]+)">/g);
    expect(seen.size).toBeGreaterThan(10);
    expect([...seen].filter((address) => ![...named, ...script].includes(address))).toEqual([]);
    expect(named.filter((address) => !seen.has(address))).toEqual([]);
  });

  it.each(["/console", "/assets/shared/api.js", "/assets/vendor/uplot.mjs"])(
    "%s is packed, and sent once",
    async (path) => {
      const first = await fetch(`${bot.url}${path}`);
      expect(first.headers.get("content-encoding")).toBe("gzip");
      const etag = first.headers.get("etag") ?? "";
      expect((await fetch(`${bot.url}${path}`, { headers: { "if-none-match": etag } })).status).toBe(304);
    },
  );

  it.each([
    "/assets/",
    "/assets/../main.js",
    "/assets/%2e%2e/main.js",
    "/assets/shared/",
    "/assets/console/body.html",
    "/assets/vendor/highlight/../../../package.json",
  ])("has nothing at %s", async (path) => {
    expect((await fetch(`${bot.url}${path}`)).status).toBe(404);
  });

  it("gives a page to a person at a wrong address, and JSON to a script", async () => {
    const page = await fetch(`${bot.url}/nope`, { headers: { accept: "text/html,*/*" } });
    expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=UTF-8"]);
    expect(await page.text()).toContain('<a href="/">Go to the chat</a>');
    const script = await fetch(`${bot.url}/nope`);
    expect([script.status, await script.json()]).toEqual([404, { error: "There is nothing at this address." }]);
  });

  it("has a manifest whose icons are there, of the type that it says", async () => {
    const response = await fetch(`${bot.url}/assets/shared/manifest.webmanifest`);
    expect(response.headers.get("content-type")).toBe("application/manifest+json");
    const { icons } = (await response.json()) as { icons: readonly { src: string; type: string }[] };
    expect(icons.length).toBeGreaterThanOrEqual(3);
    for (const { src, type } of icons) {
      const icon = await fetch(`${bot.url}${src}`);
      expect([src, icon.status, icon.headers.get("content-type")]).toEqual([src, 200, type]);
    }
  });

  it("keeps the console and leaves the chat away when the playground is off", async () => {
    const other = temporaryFolder();
    const without = await startBot(other.path, { PLAYGROUND: "off", DEMO_PROVIDER: "on" });
    const status = async (path: string) => (await fetch(`${without.url}${path}`)).status;
    for (const path of ["/console", "/assets/console/app.js", "/assets/shared/api.js", "/api/console"]) {
      expect([path, await status(path)]).toEqual([path, 200]);
    }
    for (const path of ["/", "/assets/app.js", "/api/channels", "/api/channels/general/messages"]) {
      expect([path, await status(path)]).toEqual([path, 404]);
    }
    await without.stop(0);
    other.remove();
  });

  it("answers others while hundreds of connections and event streams stand idle", async () => {
    const sockets = Array.from({ length: 300 }, () => connect(Number(new URL(bot.url).port), "127.0.0.1"));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const controller = new AbortController();
    // Kept, since a client that forgets an answer ends its stream.
    const answers = await Promise.all(
      Array.from({ length: 260 }, (_, index) =>
        fetch(`${bot.url}${index % 4 === 0 ? "/api/console/events" : "/api/channels/general/events"}`, {
          signal: controller.signal,
        }),
      ),
    );
    const withStatus = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([withStatus(200), withStatus(503)]).toEqual([245, 15]); // 50 consoles and 195 of 200 chats
    expect((await fetch(`${bot.url}/api/status`)).status).toBe(200);
    expect((await fetch(`${bot.url}/healthz`)).status).toBe(200);
    controller.abort();
    for (const socket of sockets) socket.destroy();
  });
});
