import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { seriousFindings } from "../../../support/accessibility.js";
import { launchBrowser } from "../../../support/browser.js";
import { openWatched } from "../../../support/watched-page.js";
import { type RunningPlayground, startPlayground } from "./playground-support.js";

const browser = await launchBrowser();
if (browser === undefined) console.log("No Chromium starts on this machine: the tests of the page are skipped.");

const MODELS = {
  isFresh: true,
  models: [
    { provider: "openai", id: "gpt-5", name: "GPT-5", state: "listed" },
    { provider: "openai", id: "gpt-4", name: "GPT-4", state: "retired" },
    { provider: "demo", id: "small", name: "Small", state: "listed" },
  ],
};
const ANSWER = [
  "Here is a **plan** with `code` and [a link](https://example.org):",
  "```python\ndef hello(name: str) -> str:\n    return f'hi {name}'  # a comment\n```",
  "| step | days |\n|---|--:|\n| one | 1 |",
  "> quoted\n\n1. a\n2. b",
].join("\n\n");

describe.skipIf(browser === undefined)("the playground's page", () => {
  const running: RunningPlayground[] = [];
  let context: BrowserContext;
  let faults: string[];

  const start: typeof startPlayground = async (options) => {
    const playground = await startPlayground({ models: MODELS, ...options });
    running.push(playground);
    return playground;
  };
  const open = async (url: string): Promise<Page> => {
    const page = await openWatched(context, url, faults);
    await page.locator("#indicator:not(:empty)").waitFor();
    return page;
  };
  const say = async (page: Page, text: string) => {
    await page.locator("#composer-text").fill(text);
    await page.keyboard.press("Enter");
  };
  const place = (channel: string) => ({ platform: "playground", workspace: "local", channel });

  beforeEach(async () => {
    faults = [];
    context = await (browser as NonNullable<typeof browser>).newContext();
  });
  afterEach(async () => {
    await context.close();
    for (const playground of running.splice(0)) await playground.stop();
    expect(faults).toEqual([]);
  });
  afterAll(() => browser?.close());

  it("renames and deletes a channel from the keyboard alone, in every tab", async () => {
    const { url, post } = await start();
    await post("general", { text: "hello" });
    await post("plans", { text: "hello" });
    const page = await open(`${url}/#plans`);
    const other = await open(`${url}/#plans`);
    await page.getByRole("button", { name: "Rename or delete the channel" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type("Everybody");
    await page.keyboard.press("Enter");
    for (const each of [page, other]) {
      await each.getByRole("link", { name: "Everybody" }).waitFor();
      await each.locator("#room-title", { hasText: "Everybody" }).waitFor();
    }
    await page.getByRole("button", { name: "Rename or delete the channel" }).click();
    await page.getByLabel("Name of the channel").fill("general");
    await page.keyboard.press("Enter");
    await page.getByText('There is already a channel called "general".').waitFor();
    await page.getByRole("button", { name: "Delete the channel…" }).click();
    expect(await page.locator("#channel-delete-words").innerText()).toContain("Delete #Everybody and all its messages");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Keep it");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    for (const each of [page, other]) {
      await each.locator("#room-title", { hasText: "general" }).waitFor();
      await expect.poll(() => each.locator("#channel-list a").allInnerTexts()).toEqual(["# general"]);
      await each.locator(".message.user", { hasText: "hello" }).waitFor();
    }
  });

  it("shows the channel's model and pin, and changes them by the words of a model's name", async () => {
    let model = { model: "demo/small", pin: null as { at: number; by: string | null } | null };
    const { url, calls } = await start({
      modelOf: async () => model,
      bot: {
        async *onCommand({ text }) {
          const chosen = /use (.+)/.exec(text)?.[1];
          model =
            chosen === undefined ? { model: "demo/small", pin: null } : { model: chosen, pin: { at: 1, by: "you" } };
          yield { markdown: `ran ${text}` };
        },
      },
    });
    const page = await open(url);
    await page.getByRole("button", { name: "Model: demo/small. Change it" }).click();
    expect(await page.locator("#model-since").innerText()).toContain("demo/small is the default");
    await expect.poll(() => page.locator("#model-list [role=option]").count()).toBe(3);
    await page.keyboard.type("gpt 4");
    await page.getByRole("option", { name: "openai/gpt-4 GPT-4 (retired)" }).waitFor();
    await page.getByLabel("Search for a model").fill("nothing like it");
    await page.getByText("No model on the lists has these words").waitFor();
    await page.getByLabel("Search for a model").fill("s");
    await page.getByRole("option", { name: "demo/small Small · in use" }).waitFor();
    await page.getByLabel("Search for a model").fill("gpt");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Model: openai/gpt-5, pinned. Change it" }).click();
    expect(await page.locator("#model-since").innerText()).toContain("was pinned to this channel");
    await page.getByRole("button", { name: "Go back to the default" }).click();
    await page.getByRole("button", { name: "Model: demo/small. Change it" }).waitFor();
    expect(calls.map(({ text }) => text)).toEqual(["/models use openai/gpt-5", "/models unpin"]);
  });

  it("colours code once it has come to rest, without changing a character of it", async () => {
    const { url, playground, post } = await start();
    await post("general", { text: "how?" });
    const page = await open(url);
    const answer = await playground.post(place("general"), { markdown: "```py\ndef f():\n" });
    for (const text of [
      "```py\ndef f():\n  return '<b>'\n",
      "```py\ndef f():\n  return '<b>'\n```\n\nIn *words* too.",
    ]) {
      await playground.edit(answer, { markdown: text });
    }
    await page.locator(".message.bot .hljs-keyword", { hasText: "def" }).waitFor();
    expect(await page.locator(".message.bot pre code").innerText()).toBe("def f():\n  return '<b>'\n");
    await playground.edit(answer, { markdown: "```klingon\nnuqneH\n```" });
    await page.locator("figcaption", { hasText: "klingon" }).waitFor();
  });

  it("shows controls under an answer, and keeps them as they are while the answer grows", async () => {
    const { url, playground, post, calls } = await start();
    const id = ((await (await post("general", { text: "hello" })).json()) as { id: string }).id;
    const page = await open(url);
    const controls = [{ label: "Use small", command: "/models use demo/small" }];
    const replyTo = { ...place("general"), message: id };
    const answer = await playground.post(place("general"), { markdown: "Once", controls }, { replyTo });
    await page.locator(".message.bot .controls button").focus();
    await playground.edit(answer, { markdown: "Once upon a time", controls });
    await page.getByText("Once upon a time").waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => calls.map(({ text }) => text)).toEqual(["/models use demo/small"]);
    await playground.edit(answer, { markdown: "Once.", controls: [{ label: "↻ Retry", command: "/chat retry" }] });
    await page.getByRole("button", { name: "Retry" }).click();
    await expect.poll(() => calls.map(({ text }) => text)).toEqual(["/models use demo/small", "/chat retry"]);
  });

  it("keeps the focus in the page when the button that has it goes", async () => {
    const { url, playground, post } = await start();
    const id = ((await (await post("general", { text: "hello" })).json()) as { id: string }).id;
    const question = { ...place("general"), message: id };
    await playground.mark(question, "working");
    const page = await open(url);
    const focused = () =>
      page.evaluate<string>("document.activeElement.getAttribute('aria-label') ?? document.activeElement.id");
    const other = { label: "Use small", command: "/models use demo/small" };
    const retry = { label: "🔁 Retry", command: "/chat retry" };
    const answer = await playground.post(
      place("general"),
      { markdown: "Once", controls: [other] },
      { replyTo: question },
    );
    await page.locator(".message.bot .controls button").focus();
    await playground.edit(answer, { markdown: "Once.", controls: [] });
    await expect.poll(focused).toMatch(/^Evergreen, /);
    await page.locator("#stop").focus();
    await playground.edit(answer, { markdown: "Once.", controls: [retry] });
    await playground.mark(question, "done");
    await expect.poll(focused).toBe("composer-text");
    await page.getByRole("button", { name: "Retry" }).focus();
    await playground.edit(answer, { markdown: "Once.", controls: [retry, other] });
    await page.getByRole("button", { name: "Use small" }).waitFor();
    expect(await page.evaluate("document.activeElement.textContent")).toBe("🔁 Retry");
    await playground.edit(answer, { markdown: "Once.", controls: [] });
    await expect.poll(focused).toMatch(/^Evergreen, /);
  });

  it("knows a new channel by its name at once, and channels that came into being while nobody listened", async () => {
    const { url, post } = await start();
    await post("general", { text: "hello" });
    const page = await open(url);
    // Whatever is told to the stream of the channel that is left may come too late.
    await page.route("**/api/channels/general/events*", () => {});
    await page.reload();
    await page.getByRole("link", { name: "general" }).waitFor();
    await post("meanwhile", { text: "hello" });
    await page.locator("#channel-name").fill("Release plans");
    await page.keyboard.press("Enter");
    await page.locator("#room-title", { hasText: "Release plans" }).waitFor();
    await expect
      .poll(() => page.locator("#channel-list a").allInnerTexts())
      .toEqual(["# general", "# meanwhile", "# Release plans"]);
    expect(await page.locator("#room-title").innerText()).toBe("Release plans");
  });

  it("shows the channel one is in, and where to make another, however many there are", async () => {
    const { url, post } = await start();
    for (let number = 1; number <= 60; number++) await post(`channel-${number}`, { text: "hello" });
    const page = await open(`${url}/#channel-50`);
    const isShown = (selector: string) =>
      page.evaluate<boolean>(
        `(() => { const { top, bottom } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; })()`,
      );
    await page.getByRole("link", { name: "channel-60" }).waitFor({ state: "attached" });
    await expect.poll(() => isShown("[aria-current]")).toBe(true);
    expect(await isShown("#channel-form")).toBe(true);
  });

  it("shows in a panel's own place what came of its controls", async () => {
    let count = 0;
    const { url } = await start({
      bot: {
        async *onCommand({ text }) {
          if (text === "/models status") {
            count += 1;
            const controls = [{ label: "Refresh", command: "/refresh-models" }];
            yield { markdown: `panel ${count}`, panel: "/models status", controls };
          } else yield { markdown: "refreshed" };
        },
      },
    });
    const page = await open(url);
    await say(page, "/models status");
    await page.locator(".ephemeral", { hasText: "panel 1" }).getByRole("button", { name: "Refresh" }).click();
    await page.locator(".ephemeral", { hasText: /refreshed\s+panel 2/ }).waitFor();
    expect(await page.locator(".ephemeral").count()).toBe(1);
  });

  it("fits a phone: the channels in a drawer, and nothing wider than the screen", async () => {
    const { url, playground, post } = await start();
    await post("general", { text: "hello" });
    await post("plans", { text: "hi" });
    const wide = `| a | b |\n|---|---|\n| ${"wide ".repeat(40)} | ${"x".repeat(300)} |\n\n\`\`\`\n${"y".repeat(500)}\n\`\`\``;
    await playground.post(place("general"), { markdown: wide });
    const page = await open(url);
    await page.setViewportSize({ width: 390, height: 780 });
    await page.locator(".message.bot table").waitFor();
    expect(
      await page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
    ).toBeLessThanOrEqual(0);
    await expect.poll(() => page.getByRole("link", { name: "plans" }).isVisible()).toBe(false);
    await page.getByRole("button", { name: "Channels" }).click();
    await page.getByRole("link", { name: "plans" }).click();
    await page.locator(".message.user", { hasText: "hi" }).waitFor();
    await expect.poll(() => page.getByRole("link", { name: "plans" }).isVisible()).toBe(false);
    expect(await seriousFindings(page)).toEqual([]);
  });

  it("lets people press what the bot offers under a message", async () => {
    const { url, playground, messages, post } = await start();
    await post("general", { text: "hello" });
    const board = await playground.post(place("general"), { markdown: "The board" });
    await playground.react(board, { offer: ["🔄", "⏯️"] });
    const page = await open(url);
    await page.getByRole("button", { name: "React with 🔄" }).click();
    await expect.poll(async () => (await messages("general")).at(-1)?.marks).toEqual(["🔄", "⏯️"]);
  });

  it("shows and saves the files of a reply", async () => {
    const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const { url } = await start({
      bot: {
        async *onCommand() {
          const bytes = Buffer.from(pixel, "base64");
          yield {
            markdown: "Here",
            files: [
              { name: "use.png", alt: "Use by day", bytes },
              { name: "chat.md", alt: "the chat", bytes: Buffer.from("# hi") },
            ],
          };
        },
      },
    });
    const page = await open(url);
    await say(page, "/chat export");
    await page.getByRole("img", { name: "Use by day" }).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "⬇ chat.md" }).click();
    expect((await download).suggestedFilename()).toBe("chat.md");
  });

  it("goes on in mid-answer after a reload, and in a second tab", async () => {
    const { url, playground, post } = await start();
    const id = ((await (await post("general", { text: "hello" })).json()) as { id: string }).id;
    const question = { ...place("general"), message: id };
    await playground.mark(question, "working");
    const answer = await playground.post(place("general"), { markdown: "one" }, { replyTo: question });
    const page = await open(url);
    await page.locator(".message.bot", { hasText: "one" }).waitFor();
    await playground.edit(answer, { markdown: "one two" });
    await page.reload();
    await page.locator(".message.bot", { hasText: "one two" }).waitFor();
    expect(await page.locator(".message.bot").getAttribute("aria-busy")).toBe("true");
    const other = await open(url);
    await playground.edit(answer, { markdown: "one two three" });
    await playground.mark(question, "done");
    for (const each of [page, other]) {
      await each.locator(".message.bot", { hasText: "one two three" }).waitFor();
      await each.locator('.mark[aria-label="done"]').waitFor();
      expect(await each.locator(".message").count()).toBe(2);
    }
  });

  it.each(["light", "dark"] as const)(
    "has no serious finding of axe in the %s theme, with each window open",
    async (colorScheme) => {
      await context.close();
      context = await (browser as NonNullable<typeof browser>).newContext({ colorScheme });
      const { url, playground, post } = await start({
        commands: () => [{ path: "models status", about: "How fresh the lists are" }],
        bot: {
          async *onCommand() {
            yield {
              markdown: "A panel with `code`",
              controls: [
                { label: "Refresh", command: "/refresh-models" },
                { label: "Interval", options: [{ label: "smart", command: "/settings auto-refresh smart" }] },
              ],
            };
          },
        },
      });
      const question = {
        ...place("general"),
        message: ((await (await post("general", { text: "hello" })).json()) as { id: string }).id,
      };
      await playground.post(
        place("general"),
        { markdown: ANSWER, controls: [{ label: "Retry", command: "/chat retry" }] },
        { replyTo: question },
      );
      await playground.mark(question, "done");
      const page = await open(url);
      await page.locator(".hljs-keyword").first().waitFor();
      await say(page, "/models status");
      await page.locator(".ephemeral .controls").waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.locator("#composer-text").fill("/mod");
      await page.locator("#suggestions [role=option]").first().waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      for (const [button, panel] of [
        ["#settings-open", "#settings"],
        ["#model", "#model-panel"],
        ["#channel-open", "#channel-panel"],
      ] as const) {
        await page.locator(button).click();
        await page.locator(panel).waitFor();
        expect(await seriousFindings(page)).toEqual([]);
        await page.keyboard.press("Escape");
      }
    },
  );
});
