import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { seriousFindings } from "../../../support/accessibility.js";
import { launchBrowser } from "../../../support/browser.js";
import { type Bot, startBot } from "../../../support/start-bot.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";
import { openWatched } from "../../../support/watched-page.js";

const browser = await launchBrowser();
if (browser === undefined) console.log("No Chromium starts on this machine: the tests of signing in are skipped.");

const TOKEN = "a-long-&-random/value#1%";

describe.skipIf(browser === undefined)("signing in with a browser", () => {
  const folder = temporaryFolder();
  let bot: Bot;
  let context: BrowserContext;
  let faults: string[];

  beforeAll(async () => {
    bot = await startBot(folder.path, { HTTP_TOKEN: TOKEN });
  });
  beforeEach(async () => {
    faults = [];
    context = await (browser as NonNullable<typeof browser>).newContext();
  });
  afterEach(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await bot.stop(0);
    folder.remove();
  });

  const open = (path: string) => openWatched(context, `${bot.url}${path}`, faults);
  const isIn = (page: Page) => page.locator("#indicator:not(:empty)").waitFor();
  const stored = (page: Page) =>
    page.evaluate<[string[], string[], string]>(
      "[Object.values({ ...sessionStorage }), Object.values({ ...localStorage }), document.cookie]",
    );

  it("takes the token from the fragment once, keeps it in this tab's session storage, and nowhere else", async () => {
    const requested: string[] = [];
    context.on("request", (request) => requested.push(request.url()));
    const page = await open(`/#token=${encodeURIComponent(TOKEN)}`);
    await isIn(page);
    expect(page.url()).toMatch(new RegExp(`^${bot.url}/(#general)?$`));
    const [session, local, cookie] = await stored(page);
    expect(session).toContain(TOKEN);
    expect(JSON.stringify([local, cookie])).not.toContain(TOKEN.slice(0, 8));
    expect(requested.filter((url) => url.split("#")[0]?.includes("token="))).toEqual([]);
    await page.goBack();
    expect(page.url()).not.toContain("token");
    await page.goto(`${bot.url}/`);
    await isIn(page);
    await page.reload();
    await isIn(page);
    await page.locator("#composer-text").fill("/help");
    await page.keyboard.press("Enter");
    await page.locator(".ephemeral", { hasText: "/models use" }).waitFor();
  });

  it("takes a new token from the address also where it is signed in already", async () => {
    const page = await open(`/#token=${encodeURIComponent(TOKEN)}`);
    await isIn(page);
    await page.goto(`${bot.url}/console#token=${encodeURIComponent(TOKEN)}`);
    await isIn(page);
    expect(page.url()).toBe(`${bot.url}/console`);
    await page.locator("#models th").first().waitFor();
  });

  it("asks for the token, says when it is wrong, and goes on to the page that was wanted", async () => {
    const page = await open("/console");
    await page.getByText("This bot asks for its token.").waitFor();
    await page.getByLabel("Token").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByText("That is not the token.").waitFor();
    await bot.clock.advance(5_000); // the next token is looked at later
    await page.getByLabel("Token").fill(TOKEN);
    await page.getByRole("button", { name: "Sign in" }).click();
    await isIn(page);
    expect(page.url()).toBe(`${bot.url}/console`);
  });

  it.each(["light", "dark"] as const)("has no serious finding of axe in the %s theme", async (colorScheme) => {
    await context.close();
    context = await (browser as NonNullable<typeof browser>).newContext({ colorScheme });
    const page = await open("/");
    await page.getByLabel("Token").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
  });

  it("asks again in another tab, which has no token, though the browser may open the page", async () => {
    const page = await open(`/#token=${encodeURIComponent(TOKEN)}`);
    await isIn(page);
    const other = await open("/");
    await other.getByLabel("Token").fill(TOKEN);
    await other.keyboard.press("Enter");
    await isIn(other);
    expect(new URL(other.url()).pathname).toBe("/");
  });

  it("goes to no other site after it, whatever the address says", async () => {
    for (const to of ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
      const page = await open(`/sign-in?to=${encodeURIComponent(to)}`);
      await page.getByLabel("Token").fill(TOKEN);
      await page.keyboard.press("Enter");
      await isIn(page);
      expect(new URL(page.url()).pathname).toBe("/");
      await page.close();
    }
  });
});
