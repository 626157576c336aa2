import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../../src/base/clock.js";
import { INTERVALS, indicatorText, refreshLabel } from "../../../../src/refresh/refresh-texts.js";
import type { BudgetLimit } from "../../../../src/usage/budgets/budget.js";
import { seriousFindings } from "../../../support/accessibility.js";
import { launchBrowser } from "../../../support/browser.js";
import { fakePlatform } from "../../../support/fake-platform.js";
import { quotaState, SURE } from "../../../support/quota-states.js";
import { openWatched } from "../../../support/watched-page.js";
import { providerStatus, type RunningConsole, startConsole, WORKSPACE } from "./console-support.js";

const browser = await launchBrowser();
if (browser === undefined) console.log("No Chromium starts on this machine: the tests of the console are skipped.");

const today = () => new Date(systemClock.now()).toISOString().slice(0, 10);

describe.skipIf(browser === undefined)("the console's page", () => {
  const running: RunningConsole[] = [];
  let context: BrowserContext;
  let faults: string[];

  const start: typeof startConsole = async (options) => {
    const started = await startConsole({ clock: systemClock, ...options });
    running.push(started);
    return started;
  };
  const open = async (url: string): Promise<Page> => {
    const page = await openWatched(context, `${url}/console`, faults);
    await page.locator("#models th").first().waitFor();
    return page;
  };
  /** What the charts say to who cannot see them. */
  const chart = (page: Page, title: string) =>
    page.locator("figure", { has: page.getByRole("heading", { name: title }) });

  beforeEach(async () => {
    faults = [];
    context = await (browser as NonNullable<typeof browser>).newContext();
  });
  afterEach(async () => {
    await context.close();
    for (const started of running.splice(0)) await started.stop();
    expect(faults).toEqual([]);
  });
  afterAll(() => browser?.close());

  it("shows the providers' quotas, the worst first, and no table where none has told of one", async () => {
    const quotas = [
      quotaState({ isOut: true, window: { model: undefined, used: 1_000, remaining: 0 } }),
      quotaState({ forecast: SURE, riskSince: 1 }),
    ];
    const page = await open((await start({ quotas })).url);
    expect(await page.locator("#quotas tr").allInnerTexts()).toEqual([
      expect.stringMatching(/^⛔ groq: requests a day\t100 % used, 1,000 of 1,000\tused up; renews /),
      expect.stringMatching(/^⚠️ groq: requests a day of m1\t13 % used, 130 of 1,000\tabout 70 % likely to run out /),
    ]);
    expect(await (await open((await start()).url)).locator("#quotas-frame").isHidden()).toBe(true);
  });

  it("shows the budgets that are nearly used up", async () => {
    const limit: BudgetLimit = {
      ...({ scope: "person", account: "person/discord:1/key", workspace: "discord:1" } as const),
      ...{ isHost: false, countedFrom: 0 },
      ...({ amount: 2, unit: "usd", per: "day" } as const),
    };
    const state = { limit, used: 1.9, left: 0.1, held: 0, renewsAt: Date.UTC(2026, 0, 6), unpriced: 0, name: "Ada" };
    const page = await open((await start({ budgets: [state] })).url);
    expect(await page.locator("#quotas tr").allInnerTexts()).toEqual([
      expect.stringMatching(/^⚠️ budget of Ada in discord:1\t95 % used, 1.9 USD of 2 USD for today\trenews /),
    ]);
  });

  it("shows what is up and what is not, with counts of other platforms", async () => {
    let fault: string | undefined;
    const discord = { ...fakePlatform("discord"), fault: () => fault };
    const { url, activity, setStatus } = await start({ platforms: [discord, fakePlatform("playground")] });
    activity.onQuestion("discord", "discord:1:2");
    const page = await open(url);
    const card = (name: string) => page.locator("article.card", { has: page.getByRole("heading", { name }) });
    await page.getByText("2 questions open").waitFor();
    expect(await card("Discord").innerText()).toContain("1 question in 1 conversation");
    expect(await card("Store").innerText()).toContain("SQLite answers");
    expect(await page.getByRole("link", { name: "Playground" }).isVisible()).toBe(true);
    expect(await page.getByText("The playground is off: these settings").isVisible()).toBe(false);
    fault = "Discord: the token is refused";
    activity.onStoreCall("write", false);
    setStatus({
      indicator: "stale",
      isFresh: false,
      providers: [
        providerStatus({ outcome: "auth", isFresh: false, lastFailure: "refuses its key (401)", nextAt: null }),
      ],
    });
    await page.getByText("SQLite does not answer").waitFor();
    expect(await card("Discord").innerText()).toMatch(/^!?\s*Discord\s+Not connected\s+the token is refused\s/);
    const row = page.getByRole("row", { name: /openai/ }).first();
    expect(await row.innerText()).toContain("refuses its key (401)");
    expect(await page.locator("#indicator").innerText()).toBe(`${indicatorText("stale")} · 1 provider failing`);
    expect(await page.locator("#refresh").innerText()).toBe(refreshLabel({ hasLists: true, isFresh: false }));
  });

  it("searches, filters and sorts the models, from the keyboard", async () => {
    const { url } = await start();
    const page = await open(url);
    const ids = () => page.locator("#models th").allInnerTexts();
    expect(await ids()).toEqual(["free-one", "gpt-4", "gpt-5 GPT-5", "gpt-5-mini GPT-5 mini"]);
    await page.getByRole("button", { name: "Input, per 1M" }).focus();
    await page.keyboard.press("Enter");
    expect(await ids()).toEqual(["free-one", "gpt-5-mini GPT-5 mini", "gpt-5 GPT-5", "gpt-4"]);
    await page.keyboard.press("Enter");
    expect(await ids()).toEqual(["gpt-5 GPT-5", "gpt-5-mini GPT-5 mini", "free-one", "gpt-4"]);
    expect(await page.getByRole("columnheader", { name: "Input, per 1M" }).getAttribute("aria-sort")).toBe(
      "descending",
    );
    expect(await page.getByRole("row", { name: /free-one/ }).innerText()).toContain("free\tfree\t2026-01-02");
    expect(await page.getByRole("row", { name: /gpt-4/ }).innerText()).toContain("no longer listed\t–\t–");
    await page.getByLabel("Search for a model").fill("mini 5");
    expect(await ids()).toEqual(["gpt-5-mini GPT-5 mini"]);
    expect(await page.locator("#model-count").innerText()).toBe("1 of 4 models");
    await page.getByLabel("Search for a model").fill("nothing");
    await page.getByText("No model matches.").waitFor();
    await page.getByLabel("Search for a model").fill("");
    await page.getByLabel("State", { exact: true }).selectOption({ label: "no longer listed" });
    expect(await ids()).toEqual(["gpt-4"]);
  });

  it("draws a catalogue of thousands by the hundred, and follows its changes", async () => {
    const models = Array.from({ length: 3_000 }, (_, index) => ({ id: `model-${index}`, isChat: true }));
    const { url, setModels } = await start({ models });
    const page = await open(url);
    expect(await page.locator("#models tr").count()).toBe(100);
    await page.getByRole("button", { name: "Show more" }).click();
    expect(await page.locator("#models tr").count()).toBe(600);
    setModels([{ id: "only-one", isChat: true }]);
    await page.locator("#models th", { hasText: "only-one" }).waitFor();
    expect(await page.getByRole("button", { name: "Show more" }).isVisible()).toBe(false);
    await page.getByText("appeared: gpt-5 and 2 more").waitFor();
  });

  it("changes the workspace's settings by commands, and shows what is in force", async () => {
    const started = await start({
      async *run(command) {
        const interval = /interval:(\w+)/.exec(command)?.[1];
        await started.settings.change(WORKSPACE, (before) => ({
          ...before,
          ...(interval === "smart" && { interval: "smart" as const }),
          ...(command.endsWith("off") && { isEnabled: false }),
          ...(command.includes("switching") && { switching: "operators" as const }),
          ...(command.includes("model") && { model: "openai/gpt-5-mini" }),
        }));
        yield { markdown: `Saved: **${command}**` };
      },
    });
    const page = await open(started.url);
    const options = await page.locator("#interval option").allInnerTexts();
    expect(options).toEqual([...INTERVALS.map(({ label }) => label), "the host’s default"]);
    await page.getByLabel("Interval").selectOption({ label: "smart (adapts to use)" });
    await page.getByText("Saved: /settings auto-refresh interval:smart").waitFor();
    await page.getByText("On (the host’s default), smart (set in this workspace)").waitFor();
    await page.getByLabel("Auto-refresh the model lists").uncheck();
    await page.getByText("Off, smart (set in this workspace)").waitFor();
    await page.getByLabel("Operators only").check();
    await page.getByText("Saved: /settings switching operators").waitFor();
    await page.getByLabel("Model of new conversations").fill("openai/gpt-5-mini");
    await page.keyboard.press("Enter");
    await page.getByText("Saved: /settings model openai/gpt-5-mini").waitFor();
    await page.getByRole("button", { name: "Use the host’s default" }).click();
    await page.getByText("Saved: /settings model default").waitFor();
    await page.evaluate("scrollTo(0, document.body.scrollHeight)");
    await page.locator("#refresh").click();
    // Beside the button, wherever on the page one is.
    await page.locator(".title-bar").getByText("Saved: /refresh-models").waitFor();
  });

  it("shows who changed what, newest first, of one kind where it is asked to, page by page", async () => {
    const { url, audit } = await start();
    const ada = {
      ...{ platform: "slack", workspace: "slack:T1", conversation: "slack:T1:C1", isDirect: false },
      user: { id: "U1", name: "<b>Ada</b>" },
    };
    for (let index = 0; index < 51; index++)
      await audit.note({ ...ada, door: "menu" }, "model", { what: "pin", after: `openai/gpt-${index}` });
    await audit.note({ ...ada, door: "console" }, "settings", { what: "footer", before: "on", after: "off" });
    const page = await open(url);
    const rows = async () =>
      (await page.locator("#audit-rows tr").allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
    await page.getByRole("button", { name: "Show changes" }).click();
    await page.getByRole("button", { name: "Show more" }).waitFor();
    expect((await rows())[0]).toMatch(/ <b>Ada<\/b> footer: on → off settings console slack:T1:C1$/);
    expect((await rows())[1]).toMatch(/ pin: – → openai\/gpt-50 model slack, menu /);
    expect(await rows()).toHaveLength(50);
    await page.getByRole("button", { name: "Show more" }).click();
    await page.locator("#audit-rows").getByText("openai/gpt-0").waitFor();
    expect(await rows()).toHaveLength(52);
    await page.getByLabel("Kind").selectOption("settings");
    await page.locator("#audit-rows").getByText("openai/gpt-0").waitFor({ state: "detached" });
    expect(await rows()).toHaveLength(1);
    await page.getByLabel("Kind").selectOption("board");
    await page.getByText("Nothing was changed.").waitFor();
  });

  it("leaves what a person has chosen alone while it is on its way, and takes back what was refused", async () => {
    const answers: (() => void)[] = [];
    const started = await start({
      async *run(command) {
        await new Promise<void>((resolve) => answers.push(resolve));
        yield { markdown: `Refused: ${command}`, isFailure: true };
      },
    });
    const page = await open(started.url);
    await page.getByLabel("Operators only").check();
    await started.settings.change(WORKSPACE, (before) => ({ ...before, isEnabled: false }));
    await page.getByText("Off (set in this workspace)").waitFor();
    expect(await page.getByLabel("Operators only").isChecked()).toBe(true);
    answers[0]?.();
    await page.getByText("Refused: /settings switching operators").waitFor();
    await page.waitForFunction("document.querySelector('[value=anyone]').checked");
  });

  it("draws the charts from the engine and the ledger, and says them in words", async () => {
    const started = await start({
      readUsage: async () => [
        { day: today(), provider: "openai", model: "gpt-5", inputTokens: 900, outputTokens: 100, costUsd: 0.5 },
        { day: today(), provider: "openai", model: "gpt-4", inputTokens: 500, outputTokens: 0, costUsd: null },
      ],
    });
    for (const ending of ["done", "failed"] as const) {
      started.series.onTurn({
        platform: "a",
        provider: "openai",
        model: "b",
        ending,
        durationMs: 1,
        firstTextMs: null,
      });
    }
    for (const outcome of ["ok", "ok", "timeout"] as const) {
      started.series.onRefresh({ provider: "openai", trigger: "timer", outcome, durationMs: 1_500 });
    }
    const page = await open(started.url);
    await page.getByRole("img", { name: "Turns per minute: 2 turns and 1 error in the last three hours" }).waitFor();
    await page.getByRole("img", { name: "Refresh outcomes: 3 refreshes, 1 of them failed" }).waitFor();
    await page.getByRole("img", { name: "Refresh durations: the slowest of 3 refreshes took 1.5 s" }).waitFor();
    await page.getByRole("img", { name: /^Age of the lists: now openai 1 min/ }).waitFor();
    await page.getByRole("img", { name: "Tokens per day: 1.5K in 30 days" }).waitFor();
    await page.getByRole("img", { name: /Cost per day: \$0\.50 in 30 days, besides models whose price/ }).waitFor();
    await page.getByRole("img", { name: "Event-loop delay: max 12 ms, p50 now 1 ms" }).waitFor();
    expect(await page.locator("canvas").count()).toBe(7);
    expect(
      await page
        .getByRole("row", { name: /openai/ })
        .first()
        .innerText(),
    ).toContain("2 ok, 1 timed out");
    await page.getByLabel("Provider of the refresh outcomes").selectOption("openai");
    await page.getByRole("img", { name: "Refresh outcomes: 3 refreshes, 1 of them failed" }).waitFor();
  });

  it("shows days of UTC, wherever the reader is, and what each model used on them", async () => {
    await context.close();
    context = await (browser as NonNullable<typeof browser>).newContext({ timezoneId: "America/Los_Angeles" });
    const { url } = await start({
      readUsage: async () => [
        { day: today(), provider: "openai", model: "gpt-5", inputTokens: 900, outputTokens: 100, costUsd: 0.5 },
        { day: today(), provider: "openai", model: "gpt-4", inputTokens: 500, outputTokens: 0, costUsd: null },
      ],
    });
    const page = await open(url);
    const tokens = chart(page, "Tokens per day");
    await tokens.locator("canvas").scrollIntoViewIfNeeded();
    const box = await tokens.locator(".u-over").boundingBox();
    if (box === null) throw new Error("there is no chart");
    await page.mouse.move(box.x + box.width - 5, box.y + box.height / 2);
    await tokens.getByText(today()).waitFor();
    const values = await tokens.locator(".u-legend .u-value").allInnerTexts();
    expect(values).toEqual([today(), "500", "1K"]);
  });

  it("says what there is nothing of yet", async () => {
    const { url } = await start({ models: [], status: { providers: [] } });
    const page = await openWatched(context, `${url}/console`, faults);
    await page.getByText("No question was answered in the last three hours.").waitFor();
    expect(await chart(page, "Refresh outcomes").innerText()).toContain("No list was refreshed");
    expect(await chart(page, "Age of the lists").innerText()).toContain("No list has been fetched yet.");
    expect(await chart(page, "Tokens per day").innerText()).toContain("This bot keeps no usage ledger");
    await page.getByText("No provider is configured.").waitFor();
    await page.getByText("The playground is off: these settings are kept").waitFor();
    expect(await page.locator("canvas").count()).toBe(1);
  });

  it("says that the ledger cannot be read", async () => {
    const { url } = await start({ readUsage: () => Promise.reject(new Error("down")) });
    const page = await open(url);
    await page.getByText("The usage ledger could not be read").first().waitFor();
  });

  it("says when the bot is away, and is live again when it is back", async () => {
    const before = await start();
    const page = await open(before.url);
    await running.splice(0)[0]?.stop();
    await page.getByText(/Offline: the bot cannot be reached. What you see is from \d/).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await start({ port: before.port, models: [{ id: "while-away", isChat: true }] });
    await page.locator("#models th", { hasText: "while-away" }).waitFor();
    expect(await page.locator("#offline").isVisible()).toBe(false);
  });

  it.each(["light", "dark"] as const)(
    "has no serious finding of axe in the %s theme, on a screen and on a phone",
    async (colorScheme) => {
      await context.close();
      context = await (browser as NonNullable<typeof browser>).newContext({ colorScheme });
      const started = await start({ platforms: [fakePlatform("discord")] });
      started.activity.onStoreCall("write", false);
      started.series.onRefresh({ provider: "openai", trigger: "timer", outcome: "timeout", durationMs: 1_500 });
      const by = { platform: "slack", workspace: "slack:T1", conversation: "slack:T1:C1", isDirect: false };
      await started.audit.note({ ...by, user: { id: "U1", name: "Ada" } }, "settings", { what: "footer", after: "on" });
      const page = await open(started.url);
      await page.getByRole("img", { name: /Refresh outcomes/ }).waitFor();
      await page.getByRole("button", { name: "Show changes" }).click();
      await page.locator("#audit-rows").getByText("Ada").waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 800 });
      expect(await seriousFindings(page)).toEqual([]);
      const overflow = await page.evaluate<number>(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(overflow).toBeLessThanOrEqual(0);
    },
  );
});
