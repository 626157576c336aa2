import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { RATE_CONTROLS } from "../../../../src/bot/turn/answer-controls.js";
import { launchBrowser } from "../../../support/browser.js";
import { memoryStore } from "../../../support/memory-store.js";
import { ask, pageStage, say } from "./page-stage.js";

const stage = pageStage(await launchBrowser());
const RETRY = { label: "🔁 Retry", command: "/chat retry" };
const OTHERS = { label: "Answer again with…", options: [{ label: "demo/b", command: "/chat retry model:demo/b" }] };
const facts = { contextTokens: 400_000, inputPrice: 1.25, outputPrice: 10, takesImages: true };
const MODELS = {
  isFresh: true,
  models: [
    { provider: "openai", id: "gpt-5", name: "GPT-5", state: "listed", releasedAt: 1, facts },
    { provider: "demo", id: "small", name: "Small", state: "listed", releasedAt: 1 },
    { provider: "openai", id: "gpt-6", name: "GPT-6", state: "listed", releasedAt: 2 },
  ],
};
const focused = (page: Page) => page.evaluate<string>("document.activeElement.id");
const composer = (page: Page) => page.locator("#composer-text").inputValue();

describe.skipIf(stage === undefined)("talking on the page", () => {
  const { start, open } = stage as NonNullable<typeof stage>;

  it("shows a sign of life before the first word, then a caret, and in the end what the answer took", async () => {
    let last: string | undefined;
    const bot = await start({
      lastAnswer: async () =>
        last === undefined
          ? undefined
          : {
              ...{ question: question.message, message: last, model: "openai/gpt-5", durationMs: 1_234 },
              ...{ tokens: 1_500, costUsd: 0.0042 },
            },
    });
    const page = await open(bot.url);
    const question = await ask(bot, "general", "hello");
    await bot.playground.mark(question, "working");
    await page.locator("#typing", { hasText: "Evergreen is working on it" }).waitFor();
    const answer = await bot.playground.post(question, { markdown: "Hi" }, { replyTo: question });
    await page.locator('.message[aria-busy="true"]', { hasText: "Hi" }).waitFor();
    expect(await page.locator("#typing").isVisible()).toBe(false);
    expect(await page.locator(".answer-row").isVisible()).toBe(false);
    const caret = `getComputedStyle(document.querySelector('[aria-busy="true"] .body p'), "::after").content`;
    expect(await page.evaluate(caret)).toContain("▍");
    last = answer.message;
    await bot.playground.edit(answer, { markdown: "Hi **there**", controls: [RETRY, OTHERS] });
    await bot.playground.mark(question, "done");
    await page.getByText("openai/gpt-5 · 1.2 s · 1,500 tokens · $0.0042").waitFor();
    expect(await page.locator(".message.user .mark").innerText()).toBe("✅");
    const { width } = (await page.locator(".message.user .mark").boundingBox()) ?? {};
    expect(width).toBeLessThan(2); // only for who cannot see the answer
    await page.reload();
    await page.getByText("openai/gpt-5 · 1.2 s · 1,500 tokens · $0.0042").waitFor();
  });

  it("offers Retry under the last answer alone, and any model for it", async () => {
    const bot = await start({ models: MODELS });
    for (const text of ["one", "two"]) {
      const question = await ask(bot, "general", text);
      const reply = { markdown: `answer to ${text}`, controls: [RETRY, OTHERS] };
      await bot.playground.post(question, reply, { replyTo: question });
    }
    const page = await open(bot.url);
    await page.locator(".message", { hasText: "answer to two" }).getByRole("button", { name: "Retry with…" }).click();
    expect(await page.getByRole("button", { name: "🔁 Retry" }).count()).toBe(1);
    await page.keyboard.type("gpt-6");
    await page.getByRole("option", { name: "openai/gpt-6" }).waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => bot.calls.map(({ text }) => text)).toEqual(["/chat retry model:openai/gpt-6"]);
    await ask(bot, "general", "three");
    await page.locator(".message.user", { hasText: "three" }).waitFor();
    await expect.poll(() => page.getByRole("button", { name: "🔁 Retry" }).count()).toBe(0);
  });

  it("asks beside Retry whether an answer was good, also an older one, and shows what was said", async () => {
    const bot = await start({
      models: MODELS,
      bot: {
        async *onCommand() {
          yield { markdown: "Counted; no text is stored." };
        },
      },
    });
    for (const text of ["one", "two"]) {
      const question = await ask(bot, "general", text);
      const reply = { markdown: `answer to ${text}`, controls: [RETRY, ...RATE_CONTROLS, OTHERS] };
      await bot.playground.post(question, reply, { replyTo: question });
    }
    const page = await open(bot.url);
    const older = page.locator(".message", { hasText: "answer to one" });
    const good = older.getByRole("button", { name: "Good answer" });
    await good.click();
    await expect.poll(() => good.getAttribute("aria-pressed")).toBe("true");
    await older.getByRole("button", { name: "Bad answer" }).click();
    await expect.poll(() => good.getAttribute("aria-pressed")).toBe("false");
    expect(bot.calls.map(({ text, on }) => [text, on !== undefined])).toEqual([
      ["/chat rate good", true],
      ["/chat rate bad", true],
    ]);
    expect(await older.locator(".controls").count()).toBe(0);
    const read = (await (await fetch(`${bot.url}/api/channels/general/messages`)).json()) as { messages: object[] };
    expect(read.messages.at(-1)).toMatchObject({
      controls: expect.arrayContaining([{ label: "👍", command: "/chat rate good" }]),
    });
  });

  it("does not show a vote that was refused as counted", async () => {
    const refusal = { markdown: "Votes on answers are switched off. Nothing was counted.", isFailure: true } as const;
    const bot = await start({
      bot: {
        async *onCommand() {
          yield refusal;
        },
      },
    });
    const question = await ask(bot, "general", "one");
    await bot.playground.post(question, { markdown: "an answer", controls: RATE_CONTROLS }, { replyTo: question });
    const page = await open(bot.url);
    const good = page.getByRole("button", { name: "Good answer" });
    await good.click();
    await page.getByText(refusal.markdown).waitFor();
    expect(await good.getAttribute("aria-pressed")).toBe("false");
  });

  it("quotes a question that waited above its answer", async () => {
    const bot = await start();
    const first = await ask(bot, "general", "first");
    const second = await ask(bot, "general", "second");
    await bot.playground.post(first, { markdown: "to the first" }, { replyTo: first });
    await bot.playground.post(second, { markdown: "to the second" }, { replyTo: second });
    const page = await open(bot.url);
    await page.locator(".message", { hasText: "to the second" }).waitFor();
    await expect.poll(() => page.locator(".question-quote:visible").allInnerTexts()).toEqual(["first", "second"]);
  });

  it("keeps a draft for each channel, also after a reload, and puts the focus where one writes", async () => {
    const bot = await start();
    await ask(bot, "plans", "hello");
    await ask(bot, "general", "hello");
    const page = await open(`${bot.url}/#general`);
    await page.locator("#composer-text").fill("for general");
    await page.getByRole("link", { name: "plans" }).click();
    await expect.poll(() => composer(page)).toBe("");
    expect(await focused(page)).toBe("composer-text");
    await page.keyboard.type("for plans");
    await page.reload();
    await expect.poll(() => composer(page)).toBe("for plans");
    await page.getByRole("link", { name: "general" }).click();
    await expect.poll(() => composer(page)).toBe("for general");
    await page.keyboard.press("Enter");
    await page.locator(".message", { hasText: "for general" }).waitFor();
    await page.reload();
    await page.locator(".message", { hasText: "for general" }).waitFor();
    expect(await composer(page)).toBe("");
  });

  it("marks channels where something is answered or was said meanwhile", async () => {
    const bot = await start();
    await ask(bot, "general", "hello");
    const question = await ask(bot, "plans", "hello");
    const page = await open(`${bot.url}/#general`);
    await bot.playground.mark(question, "working");
    await page.getByRole("img", { name: "answering" }).waitFor();
    await bot.playground.post(question, { markdown: "Hi" }, { replyTo: question });
    await bot.playground.mark(question, "done");
    await page.getByRole("img", { name: "new messages" }).waitFor();
    await page.reload();
    await page.getByRole("img", { name: "new messages" }).waitFor();
    await page.getByRole("link", { name: "plans" }).click();
    await page.locator(".message", { hasText: "Hi" }).waitFor();
    await page.getByRole("link", { name: "general" }).click();
    await expect.poll(() => page.locator(".dot").count()).toBe(0);
  });

  it("shows where a conversation began afresh", async () => {
    const bot = await start({
      modelOf: async () => ({ model: "demo/small", pin: null, startedAt }),
      bot: {
        async *onCommand() {
          startedAt = Date.now();
          yield { markdown: "A fresh start" };
        },
      },
    });
    let startedAt: number | null = null;
    await ask(bot, "general", "before");
    const page = await open(bot.url);
    await say(page, "/chat new");
    await page.locator(".divider").waitFor();
    await ask(bot, "general", "after");
    await page.locator(".message.user", { hasText: "after" }).waitFor();
    const order = () => page.locator("#messages > :not(.ephemeral)").allInnerTexts();
    await expect
      .poll(async () => (await order()).map((text) => text.split("\n").at(-1)))
      .toEqual([...["before", "New conversation: what is above is not sent to the model.", "after"]]);
  });

  it("finds messages in all channels or one, and leads there", async () => {
    const bot = await start();
    await ask(bot, "plans", "the Needle is here");
    await ask(bot, "general", "another needle");
    const page = await open(`${bot.url}/#general`);
    await page.keyboard.press("Control+Shift+F");
    await page.keyboard.type("needle");
    await page.keyboard.press("Enter");
    await page.getByText("2 messages").waitFor();
    await page.getByLabel("In this channel only").check();
    await page.getByText("1 message", { exact: true }).waitFor();
    await page.getByLabel("In this channel only").uncheck();
    await page.locator(".result", { hasText: "the Needle is here" }).click();
    await page.locator(".message.is-pointed", { hasText: "the Needle is here" }).waitFor();
    expect(page.url()).toBe(`${bot.url}/#plans`);
  });

  it("opens a long private card at its top, and says quiet successes for a moment only", async () => {
    const bot = await start({
      bot: {
        async *onCommand({ text }) {
          if (text === "/chat stop") yield { markdown: "Stopped **it**", isQuiet: true };
          else yield { markdown: `# Top\n\n${"line\n\n".repeat(100)}` };
        },
      },
    });
    const page = await open(bot.url);
    await say(page, "/help");
    await page.getByRole("heading", { name: "Top" }).waitFor();
    const top = () => page.evaluate<number>("document.querySelector('.ephemeral').getBoundingClientRect().top");
    await expect.poll(top).toBeGreaterThan(0);
    await say(page, "/chat stop");
    await page.locator(".toast", { hasText: "Stopped it" }).waitFor();
    expect(await page.locator(".ephemeral").count()).toBe(1);
  });

  it("offers to make a channel that the address names", async () => {
    const bot = await start();
    const page = await open(`${bot.url}/#nope`);
    await page.getByRole("button", { name: "Create #nope" }).click();
    await expect.poll(() => page.locator("#channel-make").isVisible()).toBe(false);
    expect(await (await fetch(`${bot.url}/api/channels`)).json()).toEqual({ channels: [{ id: "nope", name: "nope" }] });
    expect(await focused(page)).toBe("composer-text");
  });

  it("does by keys what its buttons do", async () => {
    const bot = await start({ models: MODELS });
    const question = await ask(bot, "general", "tell me");
    const page = await open(bot.url);
    await page.locator(".message.user").waitFor();
    await page.keyboard.press("ArrowUp");
    expect(await composer(page)).toBe("tell me");
    await page.locator("#composer-text").fill("");
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    expect([await composer(page), await focused(page)]).toEqual(["tell me", "composer-text"]);
    await page.keyboard.press("Control+K");
    await page.getByRole("dialog", { name: "Model of this channel" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("#scroller").focus();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    expect(bot.calls).toEqual([]);
    await bot.playground.mark(question, "working");
    await page.locator("#stop").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => bot.calls.map(({ text }) => text)).toEqual(["/chat stop"]);
  });

  it("offers a command's values, and commands by their letters", async () => {
    const values = ["on", "off", "smart"].map((value) => ({ value, label: value }));
    const bot = await start({
      commands: () => [
        { path: "settings auto-refresh", about: "x", options: [{ name: "interval", values }] },
        { path: "models status", about: "y", options: [] },
      ],
    });
    const page = await open(bot.url);
    const offered = () => page.getByRole("option").locator("span:first-child").allInnerTexts();
    await page.keyboard.type("/mst");
    await expect.poll(offered).toEqual(["/models status"]);
    await page.locator("#composer-text").fill("/settings auto-refresh ");
    await expect.poll(offered).toEqual(["on", "off", "smart"]);
    await page.keyboard.type("of");
    await expect.poll(offered).toEqual(["off"]);
    await page.keyboard.press("Tab");
    expect(await composer(page)).toBe("/settings auto-refresh off");
    await page.keyboard.press("Enter");
    await expect.poll(() => bot.calls.map(({ text }) => text)).toEqual(["/settings auto-refresh off"]);
  });

  it("groups models by provider, the newest first, with their facts, and favourites on top", async () => {
    const bot = await start({ models: MODELS, modelOf: async () => ({ model: "demo/small", pin: null, facts }) });
    const page = await open(bot.url);
    await expect
      .poll(() => page.locator("#model-facts").innerText())
      .toBe("demo · 400K context · $1.25 in, $10 out · 👁 images");
    const groups = () => page.locator("#model-list .group-name").allInnerTexts();
    const names = () => page.locator("#model-list [role=option] span:first-child").allInnerTexts();
    await page.locator("#model").click();
    await expect.poll(names).toEqual(["demo/small", "openai/gpt-6", "openai/gpt-5"]);
    expect(await groups()).toEqual(["In use", "openai"]);
    await page
      .getByRole("option", { name: "openai/gpt-5 GPT-5 400K context · $1.25 in, $10 out · 👁 images" })
      .waitFor();
    await page.getByRole("button", { name: "☆ Favourite" }).click();
    await expect.poll(names).toEqual(["★ demo/small", "openai/gpt-6", "openai/gpt-5"]);
    await page.getByRole("option", { name: "openai/gpt-5" }).click();
    await page.locator("#model").click();
    await expect.poll(groups).toEqual(["In use", "Favourites and recent", "openai"]);
    await page.reload();
    await page.locator("#model").click();
    await expect.poll(names).toEqual(["★ demo/small", "openai/gpt-5", "openai/gpt-6"]);
  });

  it("says how many of thousands of models it shows", async () => {
    const models = Array.from({ length: 5_060 }, (_, index) => ({
      ...{ provider: index % 2 === 0 ? "a" : "b", id: `m${index}`, name: `M${index}`, state: "listed", facts },
    }));
    const bot = await start({ models: { isFresh: true, models } });
    const page = await open(bot.url);
    await page.locator("#model").click();
    await page.getByText("60 of 5,060 models: type more to see others.").waitFor();
    expect(await page.getByRole("option").count()).toBe(60);
    await page.keyboard.type("a/m5058");
    await page.getByText("1 model", { exact: true }).waitFor();
  });

  it("keeps the chosen theme", async () => {
    const bot = await start({ store: memoryStore(() => Date.now()) });
    const page = await open(bot.url, { colorScheme: "light" });
    const ground = () => page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const light = await ground();
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByLabel("Theme").selectOption("dark");
    expect(await ground()).not.toBe(light);
    await page.reload();
    await page.locator("#indicator:not(:empty)").waitFor();
    expect(await ground()).not.toBe(light);
  });

  it("changes settings of the channel and of all channels in the panel", async () => {
    const settings = { system: "Be brief", showsReasoning: false, footer: true, newModel: null };
    const bot = await start({
      models: MODELS,
      modelOf: async () => ({ model: "demo/small", pin: null, settings }),
      bot: {
        async *onCommand({ text }) {
          yield { markdown: `Saved: ${text}` };
        },
      },
    });
    const page = await open(bot.url);
    await page.getByRole("button", { name: "Settings" }).click();
    await expect.poll(() => page.locator("#system").inputValue()).toBe("Be brief");
    expect(await page.getByLabel("Show model and tokens under every answer").isChecked()).toBe(true);
    await page.getByLabel("Show the model’s reasoning").click();
    await page.locator("#setting-note", { hasText: "Saved: /chat reasoning on" }).waitFor();
    await page.locator("#system").fill("");
    await page.getByRole("button", { name: "Save the prompt" }).click();
    await page.locator("#setting-note", { hasText: "Saved: /chat system default" }).waitFor();
    await page.getByRole("button", { name: "The host’s default" }).click();
    await page.keyboard.type("gpt-6");
    await page.getByRole("option", { name: "openai/gpt-6" }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator("#setting-note", { hasText: "Saved: /settings model openai/gpt-6" }).waitFor();
    expect(await page.locator(".ephemeral").count()).toBe(0);
  });
});
