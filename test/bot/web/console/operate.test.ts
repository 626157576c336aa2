import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../../src/base/clock.js";
import { createSessions } from "../../../../src/store/sessions/sessions.js";
import { launchBrowser } from "../../../support/browser.js";
import { fakePlatform } from "../../../support/fake-platform.js";
import { openWatched } from "../../../support/watched-page.js";
import { providerStatus, type RunningConsole, startConsole, WORKSPACE } from "./console-support.js";

const browser = await launchBrowser();
if (browser === undefined) console.log("No Chromium starts on this machine: the tests of the console are skipped.");

const running: RunningConsole[] = [];
const start: typeof startConsole = async (options) => {
  const started = await startConsole({ clock: systemClock, ...options });
  running.push(started);
  return started;
};
afterEach(async () => {
  for (const started of running.splice(0)) await started.stop();
});

const FAILING = providerStatus({
  ...{ id: "anthropic", outcome: "auth", isFresh: false, fetchedAt: null, consecutiveFailures: 3 },
  ...{ lastFailure: "anthropic refuses the key (401)", keyVariable: "ANTHROPIC_API_KEY" },
});

const FAILED = {
  platform: "discord",
  provider: "anthropic",
  model: "claude",
  ending: "failed",
  durationMs: 1,
  firstTextMs: null,
} as const;

/** Two conversations, one with a pin, in which something was said. */
async function talk({ store }: RunningConsole) {
  const sessions = createSessions({ store, now: () => 5_000 });
  const pin = { provider: "openai", model: "gpt-5", at: 1_000, by: "Ada" };
  await sessions.change("discord:1:general", (before) => ({ ...before, pin, system: "a secret prompt" }));
  await sessions.change("slack:T1:C1:17.5", (before) => ({ ...before, answeredAt: 4_000 }));
}

describe("what an operator reads by HTTP", () => {
  const get = async (url: string) => (await (await fetch(url)).json()) as object;

  it("names conversations and what they are pinned to, and nothing of what is said there", async () => {
    const started = await start();
    await talk(started);
    const found = await get(`${started.url}/api/console/conversations`);
    expect(found).toEqual({
      conversations: [
        { platform: "slack", workspace: "T1", channel: "C1", thread: "17.5", pin: null, answeredAt: 4_000 },
        {
          ...{ platform: "discord", workspace: "1", channel: "general", answeredAt: null },
          pin: { provider: "openai", model: "gpt-5", at: 1_000, by: "Ada" },
        },
      ],
    });
    expect(await get(`${started.url}/api/console/conversations?before=slack`)).toMatchObject({
      conversations: [{ platform: "discord" }],
    });
  });

  it("shows the settings of every workspace, and changes those of the one that is named", async () => {
    const { url, settings, commands } = await start({ platforms: [fakePlatform("discord")] });
    await settings.change("slack:T1", () => ({ switching: "operators", model: "openai/gpt-5" }));
    const { workspaces, total } = (await get(`${url}/api/console/workspaces`)) as {
      workspaces: readonly { workspace: string }[];
      total: number;
    };
    expect(workspaces.map(({ workspace }) => workspace)).toEqual([WORKSPACE, "discord:home", "slack:T1"]);
    expect(total).toBe(3);
    expect(workspaces.at(-1)).toMatchObject({ switching: "operators", model: { chosen: "openai/gpt-5" } });
    const body = JSON.stringify({ command: "/settings switching anyone", workspace: "slack:T1" });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}/api/console/commands`, { method: "POST", headers, body });
    expect(JSON.parse(await answer.text())).toMatchObject({ settings: { workspace: "slack:T1" } });
    expect(commands).toEqual(["slack:T1 /settings switching anyone"]);
  });
});

describe.skipIf(browser === undefined)("an operator at the console", () => {
  let faults: string[];
  beforeEach(() => {
    faults = [];
  });
  afterEach(() => expect(faults).toEqual([]));
  afterAll(() => browser?.close());
  const open = async ({ url }: RunningConsole) => {
    const context = await (browser as NonNullable<typeof browser>).newContext();
    const page = await openWatched(context, `${url}/console`, faults);
    await page.locator("#models th").first().waitFor();
    return page;
  };

  it("finds the failing provider first, with what to do, and tries it", async () => {
    const started = await start({
      status: { providers: [providerStatus({ id: "openai" }), FAILING] },
      async *run(command) {
        if (command !== "/doctor") return yield { markdown: `ran ${command}` };
        yield { markdown: "✓ openai: the key works\n🩺 Checking…" };
        yield { markdown: "✓ openai: the key works\n✗ anthropic: refuses the key; check ANTHROPIC\\_API\\_KEY" };
      },
    });
    const page = await open(started);
    const first = page.locator("#providers tr").first();
    expect(await first.innerText()).toContain("anthropic");
    expect(await first.locator(".fix").innerText()).toBe(
      "Put a valid key into ANTHROPIC_API_KEY in .env, then restart.",
    );
    await page.getByRole("button", { name: "Refresh this one: anthropic" }).click();
    await page.locator("#provider-note", { hasText: "ran /refresh-models anthropic" }).waitFor();
    await page.getByRole("button", { name: "Check the key: anthropic" }).click();
    const lines = () => page.locator("#check-lines li").allInnerTexts();
    await expect.poll(lines).toEqual(["✗ anthropic: refuses the key; check ANTHROPIC_API_KEY"]);
    await page.getByRole("button", { name: "Run checks" }).click();
    await expect.poll(async () => (await lines()).length).toBe(2);
    await page.getByRole("button", { name: "Refresh this one: openai" }).focus();
    started.setStatus({ indicator: "refreshing" });
    await page.locator('#indicator[data-state="refreshing"]').waitFor();
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe("Refresh this one: openai");
  });

  it("reads conversations on demand, and the settings of another workspace", async () => {
    const started = await start();
    await talk(started);
    await started.settings.change("slack:T1", () => ({ switching: "operators" }));
    const page = await open(started);
    await page.getByRole("button", { name: "Show conversations" }).click();
    await page.getByRole("row", { name: /discord 1 general openai\/gpt-5 .* Ada never/ }).waitFor();
    await page.getByLabel("Workspace").focus();
    await page.locator("#workspace option", { hasText: "slack:T1" }).waitFor({ state: "attached" });
    await page.getByLabel("Workspace").selectOption("slack:T1");
    await expect.poll(() => page.getByRole("radio", { name: "Operators only" }).isChecked()).toBe(true);
    await page.getByRole("radio", { name: "Anyone" }).click();
    await expect.poll(() => started.commands).toEqual(["slack:T1 /settings switching anyone"]);
  });

  it("sees which channels are pinned to a model that retires, and offers them its successor", async () => {
    const pins = {
      "discord:1": [{ model: "a/old", channels: 12, retiresAt: Date.UTC(2027, 0, 14), successor: "a/new" }],
      "slack:T1": [{ model: "b/gone", channels: 1 }],
    };
    const started = await start({ pins });
    const page = await open(started);
    const lines = page.locator("#affected-pins li");
    await lines.first().waitFor();
    expect(await lines.allInnerTexts()).toEqual([
      "⏳ discord:1: 12 channels are pinned to a/old, which retires on 14 Jan 2027. Offer a/new in all",
      "⏳ slack:T1: 1 channel is pinned to b/gone, which is no longer listed.",
    ]);
    await page.getByRole("button", { name: "Offer a/new in all" }).click();
    await expect.poll(() => started.commands).toEqual(["discord:1 /models offer a/old a/new"]);
  });

  it("sees uptime and incidents, longer ranges, and what a reference stands for", async () => {
    const started = await start({ status: { providers: [providerStatus({ id: "openai" }), FAILING] } });
    started.history.look({ p50: 1, p95: 2, p99: 3, max: 4 });
    started.history.onTurn({ ...FAILED, failure: { reference: "3f2a9c01", cause: "auth (401)" } });
    started.failures.onTurn({ ...FAILED, failure: { reference: "3f2a9c01", cause: "auth (401)" } });
    const page = await open(started);
    const uptime = (id: string) => page.locator(".uptime", { has: page.getByRole("heading", { name: id }) });
    await uptime("anthropic").waitFor();
    expect(await uptime("anthropic").innerText()).toMatch(/24 hours: 0 %\s+90 days: 0 %/);
    expect(await uptime("openai").innerText()).toContain("24 hours: 100 %");
    expect(await page.locator("#incidents li").allInnerTexts()).toEqual([
      expect.stringMatching(/^anthropic refused the key, since .*, still going on$/),
    ]);
    await page.getByLabel("Reference in an answer").fill("3F2A9C01");
    await page.keyboard.press("Enter");
    await page.locator("#reference-note", { hasText: "failed on discord, anthropic/claude: auth (401)." }).waitFor();
    await page.getByLabel("Reference in an answer").fill("00000000");
    await page.keyboard.press("Enter");
    await page.locator("#reference-note", { hasText: "does not know that reference" }).waitFor();
    await page.getByLabel("Range of turns, refreshes and delay").selectOption("7 days");
    await page.getByRole("img", { name: "Turns per hour: 1 turn, 1 error" }).waitFor();
    await page.getByRole("img", { name: "Event-loop delay by the hour: max 4 ms" }).waitFor();
    expect(await page.getByRole("heading", { name: "Turns per minute" }).isVisible()).toBe(false);
  });
});
