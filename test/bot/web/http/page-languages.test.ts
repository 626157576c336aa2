import { readFileSync } from "node:fs";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { seriousFindings } from "../../../support/accessibility.js";
import { launchBrowser } from "../../../support/browser.js";
import { type Bot, startBot } from "../../../support/start-bot.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";
import { openWatched } from "../../../support/watched-page.js";

const browser = await launchBrowser();
if (browser === undefined)
  console.log("No Chromium starts on this machine: the tests of the pages' languages are skipped.");

const { pages } = JSON.parse(readFileSync("src/languages/de.json", "utf8")) as { pages: Record<string, string> };
/** English texts of the pages that nobody takes for a name or a word of both languages. */
const ENGLISH = Object.keys(pages).filter(
  (text) => !text.includes("{") && text.split(" ").length >= 3 && pages[text] !== text,
);
const WIDTH = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

describe.skipIf(browser === undefined)("a page in the browser's language", () => {
  const folder = temporaryFolder();
  let bot: Bot;
  let context: BrowserContext | undefined;
  const faults: string[] = [];

  beforeAll(async () => {
    bot = await startBot(folder.path, { DEMO_PROVIDER: "true" });
  });
  afterEach(async () => {
    await context?.close();
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await bot.stop(0);
    folder.remove();
  });

  const open = async (locale: string, path: string, ready: string): Promise<Page> => {
    context = await (browser as NonNullable<typeof browser>).newContext({
      locale,
      viewport: { width: 390, height: 780 },
    });
    const page = await openWatched(context, `${bot.url}${path}`, faults);
    await page.locator(ready).first().waitFor();
    return page;
  };

  it.each([
    ["/", "#indicator:not(:empty)"],
    ["/console", "#models th"],
  ])("%s is German throughout for a browser that asks for it, and as usable", async (path, ready) => {
    const page = await open("de-AT", path, ready);
    expect(await page.evaluate("document.documentElement.lang")).toBe("de");
    const shown = await page.evaluate<string>(
      "document.body.innerText + [...document.querySelectorAll('[aria-label],[placeholder]')].map((one) => one.ariaLabel + one.placeholder).join()",
    );
    const fixed = "✓ Auto-refreshed - models up to date";
    const words = shown.replaceAll(fixed, "");
    expect(ENGLISH.filter((text) => words.includes(text))).toEqual([]);
    expect(await page.evaluate<number>(WIDTH)).toBeLessThanOrEqual(0);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it("is English for any other browser", async () => {
    const page = await open("la", "/", "#indicator:not(:empty)");
    expect(await page.evaluate("document.documentElement.lang")).toBe("en");
    expect(await page.locator("#composer-text").getAttribute("placeholder")).toBe("Message #general");
  });

  it("has a label beside a picture in German, and what the console's checks say", async () => {
    const page = await open("de-DE", "/", "#indicator:not(:empty)");
    expect(await page.locator("#search-open").textContent()).toContain("Suchen");
    const check = async (language: string) => {
      const headers = { "content-type": "application/json", "accept-language": language };
      const body = JSON.stringify({ command: "/doctor" });
      return (await fetch(`${bot.url}/api/console/commands`, { method: "POST", headers, body })).text();
    };
    expect(await check("de-DE,de;q=0.9,en;q=0.8")).toContain("Alles funktioniert.");
    expect(await check("*")).toContain("Everything works.");
  });

  it("keeps what it shows of the bot's chat in the workspace's language", async () => {
    const page = await open("de-DE", "/", "#indicator:not(:empty)");
    await page.locator("#composer-text").fill("/chat stop");
    await page.keyboard.press("Enter");
    await page.locator(".ephemeral", { hasText: "No answer is being written here." }).waitFor();
    expect(await page.locator("#indicator").innerText()).toContain("✓ Auto-refreshed - models up to date");
  });

  it("is served with what tells caches apart, and only with its own translations", async () => {
    const get = (path: string, language: string) => fetch(bot.url + path, { headers: { "accept-language": language } });
    const german = await get("/assets/shared/messages.js", "de-DE,de;q=0.9,en;q=0.8");
    expect(german.headers.get("vary")).toContain("accept-language");
    const text = await german.text();
    expect(text).toContain('LANGUAGE = "de"');
    expect(text).not.toContain("Only operators may use");
    expect(text.length).toBeLessThan(60_000);
    expect(await (await get("/assets/shared/messages.js", "en-US,de;q=0.5")).text()).toContain("MESSAGES = {}");
    expect(await (await get("/assets/shared/messages.js", "*")).text()).toContain('LANGUAGE = "en"');
    const nowhere = await fetch(`${bot.url}/nowhere`, { headers: { accept: "text/html", "accept-language": "de" } });
    expect(await nowhere.text()).toContain(pages["Nothing here"] ?? "Hier ist nichts");
  });
});
