import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BotProcess, startProcess } from "../support/bot-process.js";
import { launchBrowser } from "../support/browser.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { openWatched } from "../support/watched-page.js";

const browser = await launchBrowser();
if (browser === undefined) console.log("No Chromium starts on this machine: the console's journey is skipped.");

let folder: ReturnType<typeof temporaryFolder>;
let bot: BotProcess | undefined;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await bot?.end("SIGKILL");
  folder.remove();
});
afterAll(() => browser?.close());

const chart = (page: Page, words: RegExp) => page.getByRole("img", { name: words }).waitFor({ timeout: 20_000 });

describe.skipIf(browser === undefined)("the console of a live bot", () => {
  it("shows what was asked and used, changes a setting for the playground, and comes back after a restart", async () => {
    const first = await startProcess(folder.path);
    bot = first;
    const { ask, command, status } = playgroundClient(first.url);
    await ask("hello");
    const context = await (browser as NonNullable<typeof browser>).newContext();
    const faults: string[] = [];
    const page = await openWatched(context, `${first.url}/console`, faults);
    await page.getByText("1 question in 1 conversation since the start").waitFor();
    await chart(page, /Turns per minute: 1 turn and 0 errors/);
    await chart(page, /Refresh outcomes: 1 refresh, 0 of them failed/);
    await chart(page, /Tokens per day: \d+ in 30 days/);
    await page.locator("#models th", { hasText: "evergreen-classic" }).waitFor();

    await page.getByLabel("Interval").selectOption({ label: "15 minutes (minimal use)" });
    await page.getByText("every 15 min (set in this workspace)").waitFor();
    expect((await status()).autoRefresh).toEqual({ enabled: true, intervalSeconds: 900 });
    await command("/settings auto-refresh off");
    await page.getByText("Off, every 15 min (set in this workspace)").waitFor();
    expect(await page.getByLabel("Auto-refresh the model lists").isChecked()).toBe(false);

    await first.end("SIGTERM");
    await page.getByText("Offline: the bot cannot be reached.").waitFor();
    bot = await startProcess(folder.path, { HTTP_PORT: new URL(first.url).port });
    await eventually("the console is live again", () => page.locator("#offline").isHidden());
    await page.getByText("Off, every 15 min (set in this workspace)").waitFor();
    await chart(page, /Tokens per day: \d+ in 30 days/);
    expect(faults).toEqual([]);
    await context.close();
  });
});
