import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeEach, expect } from "vitest";
import { openWatched } from "../../../support/watched-page.js";
import { type RunningPlayground, startPlayground } from "./playground-support.js";

/** A browser for one test file's playgrounds, which end after each test; undefined where no Chromium starts. */
export function pageStage(browser: Browser | undefined) {
  if (browser === undefined) {
    console.log("No Chromium starts on this machine: the tests of the page are skipped.");
    return undefined;
  }
  const running: RunningPlayground[] = [];
  const contexts: BrowserContext[] = [];
  let faults: string[] = [];
  beforeEach(() => {
    faults = [];
  });
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close();
    for (const playground of running.splice(0)) await playground.stop();
    expect(faults).toEqual([]);
  });
  afterAll(() => browser.close());
  return {
    start: async (options?: Parameters<typeof startPlayground>[0]) => {
      const playground = await startPlayground(options);
      running.push(playground);
      return playground;
    },
    /** A page in a browser profile of its own. */
    async open(url: string, options?: Parameters<Browser["newContext"]>[0]): Promise<Page> {
      const context = await browser.newContext(options);
      contexts.push(context);
      const page = await openWatched(context, url, faults);
      await page.locator("#indicator:not(:empty)").waitFor();
      return page;
    },
  };
}

export const place = (channel: string) => ({ platform: "playground", workspace: "local", channel });

export async function say(page: Page, text: string): Promise<void> {
  await page.locator("#composer-text").fill(text);
  await page.keyboard.press("Enter");
}

/** Asks by HTTP; resolves with the question's place. */
export async function ask({ post }: Pick<RunningPlayground, "post">, channel: string, text: string) {
  const { id } = (await (await post(channel, { text })).json()) as { id: string };
  return { ...place(channel), message: id };
}
