import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { INTERVALS, indicatorText, refreshLabel } from "../../../../src/refresh/refresh-texts.js";
import { launchBrowser } from "../../../support/browser.js";
import { memoryStore } from "../../../support/memory-store.js";
import { openWatched } from "../../../support/watched-page.js";
import { type RunningPlayground, type ScriptedBot, STATUS, startPlayground } from "./playground-support.js";

const browser = await launchBrowser();
if (browser === undefined) console.log("No Chromium starts on this machine: the tests of the page are skipped.");

/** Answers every question with what the test wants, in pieces. */
const answering = (pieces: readonly string[]): ScriptedBot["onMention"] => {
  return async (mention, platform) => {
    const answer = async () => {
      await platform.mark(mention.message, "working");
      const message = await platform.post(mention.message, { markdown: pieces[0] ?? "" }, { replyTo: mention.message });
      let text = "";
      for (const piece of pieces) {
        text += piece;
        await platform.edit(message, { markdown: text });
        await new Promise((resolve) => setImmediate(resolve));
      }
      await platform.mark(mention.message, "done");
    };
    void answer();
  };
};

describe.skipIf(browser === undefined)("the playground's page", () => {
  const running: RunningPlayground[] = [];
  let context: BrowserContext;
  /** Whatever no page of ours may do. */
  let faults: string[];

  const start: typeof startPlayground = async (options) => {
    const playground = await startPlayground(options);
    running.push(playground);
    return playground;
  };
  const open = async (url: string, address = "/"): Promise<Page> => {
    const page = await openWatched(context, `${url}${address}`, faults);
    await page.locator("#indicator:not(:empty)").waitFor();
    return page;
  };
  const say = async (page: Page, text: string) => {
    await page.locator("#composer-text").fill(text);
    await page.keyboard.press("Enter");
  };
  const textOf = (page: Page, selector: string) => page.locator(selector).innerText();

  beforeEach(async () => {
    faults = [];
    context = (await browser?.newContext()) as BrowserContext;
  });
  afterEach(async () => {
    await context.close();
    for (const playground of running.splice(0)) await playground.stop();
    expect(faults).toEqual([]);
  });
  afterAll(() => browser?.close());

  it("sends a question, streams its answer as Markdown and shows the marks", async () => {
    const pieces = [
      "Here is **bo",
      "ld** text:\n\n```js\nconst a",
      " = 1;\n```\n\n| a | b |\n|--:|---|\n",
      "| 1 | 2 |\n\n[docs](https://example.org/x)",
    ];
    const { url } = await start({ bot: { onMention: answering(pieces) } });
    const page = await open(url);
    await say(page, "hello\n<b>there</b>");
    await page.locator('.message.user .mark[aria-label="done"]').waitFor();
    expect(await textOf(page, ".message.user .body")).toBe("hello\n<b>there</b>");
    expect(await textOf(page, ".message.bot strong")).toBe("bold");
    expect(await textOf(page, ".message.bot pre code")).toBe("const a = 1;\n");
    expect(await page.locator(".message.bot th.align-right").count()).toBe(1);
    const link = page.locator(".message.bot a");
    expect([await link.getAttribute("href"), await link.getAttribute("rel")]).toEqual([
      "https://example.org/x",
      "noopener noreferrer",
    ]);
    expect(await page.locator('.message[aria-busy="true"]').count()).toBe(0);
  });

  it("tells where a link leads whose words name another host, once, also by reference", async () => {
    const text = "[paypal.com](https://evil.example) (→ evil.example), [paypal.com][1], [docs](https://a.example)";
    const { url } = await start({ bot: { onMention: answering([`${text}\n\n[1]: https://evil.example/x`]) } });
    const page = await open(url);
    await say(page, "where?");
    await page.locator('.message.user .mark[aria-label="done"]').waitFor();
    expect(await textOf(page, ".message.bot .body p")).toBe(
      "paypal.com (→ evil.example), paypal.com (→ evil.example), docs",
    );
  });

  it("copies a block of code", async () => {
    const { url } = await start({ bot: { onMention: answering(["```\nnpm ci\n```"]) } });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const page = await open(url);
    await say(page, "how?");
    await page.locator(".copy").click();
    await page.locator(".copy", { hasText: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe("npm ci\n");
  });

  it("shows a command's replies in place, for this tab only, with controls that work, until they are dismissed", async () => {
    const { url, calls } = await start({
      bot: {
        async *onCommand({ text }) {
          yield { markdown: "🔄 Background refresh in progress..." };
          yield {
            markdown: `Reply to **${text}**`,
            controls: [
              { label: "Press me", command: "/pressed" },
              { label: "Interval", options: [{ label: "smart", command: "/settings auto-refresh smart" }] },
            ],
          };
        },
      },
    });
    const page = await open(url);
    const other = await open(url);
    await say(page, "/models status");
    const reply = page.locator(".ephemeral", { hasText: "Reply to /models status" });
    await reply.waitFor();
    expect(await page.locator(".ephemeral").count()).toBe(1);
    expect(await reply.innerText()).toContain("Only you can see this");
    await reply.getByRole("button", { name: "Press me" }).click();
    await page.locator(".ephemeral strong", { hasText: "/pressed" }).waitFor();
    await reply.getByRole("combobox", { name: "Interval" }).selectOption({ label: "smart" });
    await page.locator(".ephemeral strong", { hasText: "/settings auto-refresh smart" }).waitFor();
    expect(calls.map(({ text }) => text)).toEqual(["/models status", "/pressed", "/settings auto-refresh smart"]);
    expect(await other.locator(".ephemeral").count()).toBe(0);
    await reply.getByRole("button", { name: "Dismiss" }).click();
    expect(await page.locator(".ephemeral").count()).toBe(2);
  });

  it.each([
    ["refreshing", true, 1_000],
    ["refreshing", false, null],
    ["fresh", true, 1_000],
    ["stale", false, 1_000],
    ["stale", false, null],
  ] as const)(
    "shows the indicator and the button for %s (fresh %s, list from %s)",
    async (indicator, isFresh, fetchedAt) => {
      const { url, setStatus } = await start();
      const page = await open(url);
      const [provider] = STATUS.providers;
      setStatus({
        ...STATUS,
        indicator,
        line: `${indicatorText(indicator)} · 1 provider failing`,
        isFresh,
        providers: [{ ...provider, fetchedAt }],
      });
      await page.locator(`#indicator[data-state="${indicator}"]`).waitFor();
      await page.locator("#refresh", { hasText: refreshLabel({ hasLists: fetchedAt !== null, isFresh }) }).waitFor();
      expect(await textOf(page, "#indicator")).toBe(`${indicatorText(indicator)} · 1 provider failing`);
      expect(await textOf(page, "#refresh")).toBe(refreshLabel({ hasLists: fetchedAt !== null, isFresh }));
    },
  );

  it("refreshes by its button, with the replies in the conversation", async () => {
    const { url, calls } = await start({
      bot: {
        async *onCommand() {
          yield { markdown: "✓ demo: 3 models" };
        },
      },
    });
    const page = await open(url);
    await page.locator("#refresh").click();
    await page.locator(".ephemeral", { hasText: "✓ demo: 3 models" }).waitFor();
    expect(calls.map(({ text }) => text)).toEqual(["/refresh-models"]);
  });

  it("changes auto-refresh and its interval in the settings panel, and says there what came of it", async () => {
    const { url, calls, setStatus } = await start({
      status: { ...STATUS, lastRefreshAt: Date.now() - 180_000, nextRefreshAt: Date.now() + 3_700_000 },
      bot: {
        async *onCommand({ text }) {
          const isOff = text.endsWith("off");
          setStatus({
            ...STATUS,
            nextRefreshAt: isOff ? null : 5,
            autoRefresh: { enabled: !isOff, intervalSeconds: isOff ? 300 : "smart" },
          });
          yield { markdown: `**Saved**: \`${text}\`` };
        },
      },
    });
    const page = await open(url);
    await page.getByRole("button", { name: "Settings" }).click();
    const panel = page.getByRole("dialog", { name: "Settings" });
    expect(await panel.locator(".choice").allInnerTexts()).toEqual(INTERVALS.map(({ label }) => label));
    expect(await panel.getByRole("radio", { name: "5 minutes (default)" }).isChecked()).toBe(true);
    expect(await textOf(page, "#last-refresh")).toBe("3 min ago");
    expect(await textOf(page, "#next-refresh")).toMatch(/^in 1:01:\d\d$/);
    expect(await textOf(page, "#freshness")).toBe("up to date");
    await panel.getByRole("radio", { name: "smart (adapts to use)" }).check();
    await page.locator("#setting-note", { hasText: "Saved: /settings auto-refresh interval:smart" }).waitFor();
    await panel.getByRole("checkbox", { name: "Auto-refresh the model lists" }).uncheck();
    await page.locator("#setting-note", { hasText: "Saved: /settings auto-refresh off" }).waitFor();
    await page.locator("#next-refresh", { hasText: "off" }).waitFor();
    expect(await panel.getByRole("radio", { name: "5 minutes (default)" }).isChecked()).toBe(true);
    expect(calls.map(({ text }) => text)).toEqual([
      "/settings auto-refresh interval:smart",
      "/settings auto-refresh off",
    ]);
    setStatus({ ...STATUS, isFresh: false, lastRefreshAt: null });
    await page.locator("#freshness", { hasText: "none yet" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await panel.isVisible()).toBe(false);
    expect(await page.locator(".ephemeral").count()).toBe(0);
  });

  it("completes commands and models from the keyboard alone", async () => {
    const { url, calls } = await start({
      commands: () => [
        { path: "models status", about: "How fresh" },
        { path: "models use", about: "Choose one", options: [{ name: "model", values: [] }] },
      ],
      models: { isFresh: true, models: [{ provider: "openai", id: "gpt-5", name: "GPT-5", state: "listed" }] },
      bot: {
        async *onCommand({ text }) {
          yield { markdown: text };
        },
      },
    });
    const page = await open(url);
    await page.keyboard.type("/mod");
    const option = page.getByRole("option");
    await option.first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#composer-text").getAttribute("aria-activedescendant")).toBe("suggestions-1");
    await page.keyboard.press("Enter");
    await page.keyboard.type("5");
    await page.getByRole("option", { name: "openai/gpt-5" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".ephemeral").waitFor();
    expect(calls.map(({ text }) => text)).toEqual(["/models use openai/gpt-5"]);
  });

  it("begins a new line with Shift and Enter, and keeps the text when the bot refuses it", async () => {
    const { url, mentions, playground } = await start();
    const page = await open(url);
    await page.keyboard.type("one");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("two");
    await page.keyboard.press("Enter");
    await page.locator(".message.user").waitFor();
    expect(mentions.map(({ text }) => text)).toEqual(["one\ntwo"]);
    await playground.stop();
    await page.keyboard.type("three");
    await page.keyboard.press("Enter");
    await page.locator("#composer-fault:not(:empty)").waitFor();
    expect(await page.locator("#composer-text").inputValue()).toBe("three");
  });

  it("makes channels, keeps each one's conversation, and finds both again after a reload", async () => {
    const { url } = await start({ bot: { onMention: answering(["**yes**"]) } });
    const page = await open(url);
    await say(page, "first");
    await page.locator('.mark[aria-label="done"]').waitFor();
    await page.getByLabel("Name of the new channel").fill("Release Plans");
    await page.keyboard.press("Enter");
    await page.locator("#welcome").waitFor();
    expect(await page.locator(".message").count()).toBe(0);
    await say(page, "second");
    await page.locator('.mark[aria-label="done"]').waitFor();
    await page.reload();
    await page.locator(".message.bot strong").waitFor();
    expect(page.url()).toBe(`${url}/#release-plans`);
    expect(await textOf(page, "#room-title")).toBe("Release Plans");
    expect(await page.locator(".message .body").allInnerTexts()).toEqual(["second", "yes"]);
    await page.getByRole("link", { name: "general" }).click();
    await page.locator(".message.user", { hasText: "first" }).waitFor();
    expect(await page.locator(".message.user").count()).toBe(1);
  });

  it("offers Stop while a question is under way", async () => {
    const { url, calls } = await start({
      bot: { onMention: ({ message }, platform) => platform.mark(message, "working") },
    });
    const page = await open(url);
    expect(await page.locator("#stop").isVisible()).toBe(false);
    await say(page, "tell me everything");
    await page.locator("#stop").click();
    await expect.poll(() => calls.map(({ text }) => text)).toEqual(["/chat stop"]);
  });

  it("says when the bot is away, comes back by itself and misses nothing", async () => {
    const store = memoryStore(() => 0);
    const before = await start({ store });
    const page = await open(before.url);
    await say(page, "before");
    await page.locator(".message.user").waitFor();
    await running.splice(0)[0]?.stop();
    await page.locator("#offline").waitFor();
    await say(page, "are you there?");
    await page.locator("#composer-fault", { hasText: "Your text is still here." }).waitFor();
    const after = await startPlayground({ store, port: before.port });
    running.push(after);
    const answer = await after.playground.post(
      { platform: "playground", workspace: "local", channel: "general" },
      { markdown: "while you were away" },
    );
    await page.locator(".message.bot", { hasText: "while you were away" }).waitFor();
    expect(await page.locator("#offline").isVisible()).toBe(false);
    expect(await textOf(page, "#composer-fault")).toBe("");
    expect(await page.locator("#composer-text").inputValue()).toBe("are you there?");
    await after.playground.edit(answer, { markdown: "and back" });
    await page.locator(".message.bot", { hasText: "and back" }).waitFor();
    expect(await page.locator(".message").count()).toBe(2);
  });

  it("tells the bot when somebody comes back to it, at most once a minute", async () => {
    let focused = 0;
    const { url } = await start({
      bot: {
        onFocus() {
          focused += 1;
        },
      },
    });
    const page = await open(url);
    await page.clock.install();
    /** Comes back to the page, and waits for the answer to what that sends, if anything. */
    const comeBack = async () => {
      await page.evaluate(`dispatchEvent(new Event("focus")); document.dispatchEvent(new Event("visibilitychange"))`);
      await page.evaluate(`fetch("/api/channels").then((response) => response.text())`);
    };
    await comeBack();
    await expect.poll(() => focused).toBe(1);
    await comeBack();
    expect(focused).toBe(1);
    await page.clock.fastForward(60_000);
    await comeBack();
    await expect.poll(() => focused).toBe(2);
  });

  it("transfers less than 250 KB for the first page", async () => {
    const { url } = await start();
    const page = await open(url);
    const bytes = await page.evaluate<number>(
      `performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation")).reduce((sum, { transferSize }) => sum + transferSize, 0)`,
    );
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(250_000);
  });
});
