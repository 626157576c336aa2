import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BotProcess, runProgram, startProcess } from "../support/bot-process.js";
import { launchBrowser } from "../support/browser.js";
import { FAKE_ANTHROPIC_KEY, startFakeAnthropic } from "../support/fake-anthropic.js";
import { FAKE_OPENAI_KEY, startFakeOpenAi } from "../support/fake-openai.js";
import { playgroundClient } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const browser = await launchBrowser();
if (browser === undefined) console.log("No Chromium starts on this machine: the journeys in the browser are skipped.");

let folder: ReturnType<typeof temporaryFolder>;
const toClose: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
  folder.remove();
});
afterAll(() => browser?.close());

async function start(environment: Record<string, string> = {}): Promise<BotProcess> {
  const bot = await startProcess(folder.path, environment);
  toClose.push(() => bot.end("SIGKILL"));
  return bot;
}
async function open(url: string): Promise<Page> {
  const page = (await browser?.newPage()) as Page;
  toClose.push(() => page.close());
  await page.goto(url);
  return page;
}
async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}
/** The newest ephemeral reply, once it says this. */
const reply = (page: Page, words: string | RegExp) => page.locator(".ephemeral").filter({ hasText: words }).last();

describe.skipIf(browser === undefined)("a stranger's first minutes", () => {
  it("talks to the demo, looks at the lists, changes settings and model, and finds it all again after a restart", async () => {
    const first = await start();
    const page = await open(first.url);
    await page.getByText("✓ Auto-refreshed - models up to date").waitFor();
    await page.getByRole("button", { name: "🔄 Refresh (auto-updated)" }).waitFor();

    await say(page, "hello, who are you?");
    await page.getByText("This is Evergreen Demo, the built-in demo").waitFor();
    await page.getByText("✅").first().waitFor();

    await say(page, "/models status");
    await reply(page, "✓ Auto-refreshed - models up to date").waitFor();
    await say(page, "/refresh-models");
    await reply(page, "✓ demo: 3 models").waitFor();
    await say(page, "/settings auto-refresh on 10");
    await reply(page, "every 10 minutes (set in this workspace)").waitFor();
    await say(page, "/models use demo/evergreen-classic");
    await reply(page, "demo/evergreen-classic").waitFor();
    await say(page, "and who are you now?");
    await page.getByText("This is Evergreen Classic").waitFor();
    await page.getByText("📌 Now with demo/evergreen-classic, chosen by you.").waitFor();
    await page.getByText("✅").nth(1).waitFor();
    expect(await first.end("SIGINT")).toBe(0);

    const second = await start();
    const again = await open(second.url);
    await again.getByText("hello, who are you?").first().waitFor();
    await again.getByText("This is Evergreen Demo, the built-in demo").waitFor();
    expect(await again.locator(".ephemeral").count()).toBe(0);
    await say(again, "/settings show");
    await reply(again, "every 10 minutes (set in this workspace)").waitFor();
    expect((await playgroundClient(second.url).status()).autoRefresh).toEqual({ enabled: true, intervalSeconds: 600 });
    await say(again, "still the same?");
    await again.getByText("This is Evergreen Classic").nth(1).waitFor();
  });
});

describe("an operator with keys", () => {
  async function vendors() {
    const openai = await startFakeOpenAi({ models: ["gpt-5", "text-embedding-3-large", "whisper-1", "gpt-image-1"] });
    const anthropic = await startFakeAnthropic({ models: ["claude-sonnet-4-5"] });
    toClose.push(openai.close, anthropic.close);
    openai.replyWith(() => "openai speaking");
    anthropic.replyWith(() => "anthropic speaking");
    return { openai, anthropic };
  }

  it("puts keys into .env, sees the providers' chat models, and talks to both", async () => {
    const { openai, anthropic } = await vendors();
    writeFileSync(
      join(folder.path, ".env"),
      [
        `OPENAI_API_KEY=${FAKE_OPENAI_KEY}`,
        `OPENAI_BASE_URL=${openai.url}`,
        `ANTHROPIC_API_KEY="${FAKE_ANTHROPIC_KEY}"`,
        `ANTHROPIC_BASE_URL=${anthropic.url}`,
      ].join("\n"),
    );
    const bot = await start();
    const client = playgroundClient(bot.url);
    expect((await client.ask("hello")).answer.text).toBe("openai speaking");
    const { models } = await client.models();
    expect(models.map(({ provider, id }) => `${provider}/${id}`)).toEqual([
      "openai/gpt-5",
      "anthropic/claude-sonnet-4-5",
    ]);
    expect((await client.command("/models list")).text).toMatch(/gpt-5[\s\S]*claude-sonnet-4-5/);
    await client.command("/models use anthropic/claude-sonnet-4-5");
    expect((await client.ask("hello again")).answer.text).toContain("anthropic speaking");

    expect((await client.command("/models use openai/gpt-4-unlisted")).text).toContain("gpt-4-unlisted");
    expect((await client.ask("and now")).answer.text).toContain("does not know this model");
    await bot.end("SIGTERM");
    for (const secret of [FAKE_OPENAI_KEY, FAKE_ANTHROPIC_KEY, "hello again"]) expect(bot.log()).not.toContain(secret);
  });

  it("hears from the doctor which key works and which does not", async () => {
    const { openai, anthropic } = await vendors();
    const { code, stdout } = await runProgram(folder.path, ["doctor"], {
      OPENAI_API_KEY: FAKE_OPENAI_KEY,
      OPENAI_BASE_URL: openai.url,
      ANTHROPIC_API_KEY: "sk-ant-wrong",
      ANTHROPIC_BASE_URL: anthropic.url,
      OPENAI_COMPATIBLE: `gate=${openai.url}|wrong-key`,
    });
    expect(stdout).toMatch(/^✗ gate: .*OPENAI_COMPATIBLE/m);
    expect(stdout).not.toContain("wrong-key");
    expect(stdout).toMatch(/^✓ openai: the key works, 1 chat model$/m);
    expect(stdout).toMatch(/^✗ anthropic: .*ANTHROPIC_API_KEY/m);
    expect(stdout).not.toContain("sk-ant-wrong");
    expect(code).toBe(1);
  });
});
