import type { Browser } from "playwright-core";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { launchBrowser } from "../../../support/browser.js";
import { type RunningPlayground, startPlayground } from "./playground-support.js";

interface Answer {
  readonly messages: readonly { readonly id: string; readonly text: string }[];
  readonly before?: string;
}

const browser: Browser | undefined = await launchBrowser();
let running: RunningPlayground | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});
afterAll(() => browser?.close());

/** A channel with so many messages, whose texts are their numbers, padded to `chars`. */
async function startWith(count: number, chars = 0) {
  running = await startPlayground();
  const { playground, url } = running;
  const place = { platform: "playground", workspace: "local", channel: "general" };
  for (let number = 1; number <= count; number++)
    await playground.post(place, { markdown: String(number).padEnd(chars, ".") });
  const get = (query = "") => fetch(`${url}/api/channels/general/messages${query}`);
  const read = async (query = "") => (await (await get(query)).json()) as Answer;
  return { ...running, get, read };
}
const numbersOf = ({ messages }: Answer) => messages.map(({ text }) => Number.parseInt(text, 10));
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("GET messages", () => {
  it("gives at most the newest 1,000, and names where the ones before them begin", async () => {
    const { read } = await startWith(1_001);
    const newest = await read();
    expect(numbersOf(newest)).toEqual(range(2, 1_001));
    expect(newest.before).toBe(newest.messages[0]?.id);
    const rest = await read(`?before=${newest.before}`);
    expect(numbersOf(rest)).toEqual([1]);
    expect(rest).not.toHaveProperty("before");
  });

  it("gives all of a channel of exactly 1,000, and names nothing before them", async () => {
    const { read } = await startWith(1_000);
    const all = await read();
    expect(numbersOf(all)).toEqual(range(1, 1_000));
    expect(all).not.toHaveProperty("before");
  });

  it("reads a channel backwards in steps without a gap or a repetition", async () => {
    const { read } = await startWith(250);
    const seen: number[] = [];
    let query = "?limit=60";
    for (let step = 0; step < 10 && query !== ""; step++) {
      const page = await read(query);
      seen.unshift(...numbersOf(page));
      query = page.before === undefined ? "" : `?limit=60&before=${page.before}`;
    }
    expect(seen).toEqual(range(1, 250));
  });

  it("gives fewer where they are very long, so that no answer holds more than some megabytes", async () => {
    const { read } = await startWith(300, 15_000);
    const newest = await read();
    expect(numbersOf(newest)).toEqual(range(101, 300));
    expect(numbersOf(await read(`?before=${newest.before}`))).toEqual(range(1, 100));
  });

  it.each(["limit=0", "limit=1001", "limit=1.5", "limit=many", "before=", "before=a/b"])(
    "refuses ?%s",
    async (query) => {
      const { get } = await startWith(1);
      expect((await get(`?${query}`)).status).toBe(400);
    },
  );
});

describe.skipIf(browser === undefined)("the page of a channel with more messages than are read at once", () => {
  it("shows earlier ones when it is scrolled up, and stays where it was read", { timeout: 60_000 }, async () => {
    const { url, playground } = await startWith(1_150);
    const page = await browser?.newPage();
    if (page === undefined) return;
    await page.goto(url);
    await expect.poll(() => page.locator(".message").count(), { timeout: 20_000 }).toBe(1_000);
    const earlier = page.getByRole("button", { name: "Earlier messages" });
    expect(await earlier.isVisible()).toBe(true);
    await page.evaluate("document.getElementById('scroller').scrollTop = 0");
    await expect.poll(() => page.locator(".message").count(), { timeout: 20_000 }).toBe(1_150);
    await expect.poll(() => earlier.isVisible()).toBe(false);
    expect(await page.evaluate("document.getElementById('scroller').scrollTop")).toBeGreaterThan(1_000);
    // They are drawn over several frames.
    const shown = async () => (await page.locator(".message .body").allTextContents()).map(Number);
    await expect.poll(shown).toEqual(range(1, 1_150));
    await playground.post({ platform: "playground", workspace: "local", channel: "general" }, { markdown: "1151" });
    await expect.poll(() => page.locator(".message").last().textContent()).toContain("1151");
    await page.close();
  });
});
