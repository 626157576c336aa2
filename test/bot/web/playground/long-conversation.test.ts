import type { Browser } from "playwright-core";
import { afterAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../../support/browser.js";
import { startPlayground } from "./playground-support.js";

const LONG_TASKS = `window.longTasks = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.longTasks.push(Math.round(duration));
}).observe({ type: "longtask", buffered: true });`;
const PARAGRAPH = "Some **text** with `code`.\n\n- a\n- b\n\n```js\nconst a = 1;\n```\n\n";

const browser: Browser | undefined = await launchBrowser();

describe.skipIf(browser === undefined)("a conversation of 1,000 messages", () => {
  afterAll(() => browser?.close());

  it("is shown whole, streams on and scrolls, and reports its longest tasks", async () => {
    const { playground, url, post, stop } = await startPlayground();
    const place = { platform: "playground", workspace: "local", channel: "general" };
    await post("general", { text: "begin" });
    for (let count = 1; count < 1_000; count++) await playground.post(place, { markdown: `${count} ${PARAGRAPH}` });
    const page = await browser?.newPage();
    if (page === undefined) return;
    await page.addInitScript(LONG_TASKS);
    await page.goto(url);
    const drawn = page.locator(".message.bot .code-frame");
    await expect.poll(() => drawn.count(), { timeout: 15_000 }).toBe(999);
    const longest = () => page.evaluate<number>("Math.max(0, ...window.longTasks.splice(0))");
    const loading = await longest();
    const message = await playground.post(place, { markdown: "" });
    let text = "";
    for (let count = 0; count < 100; count++) {
      text += `part ${count} ${PARAGRAPH}`;
      await playground.edit(message, { markdown: text });
      await page.evaluate("new Promise(requestAnimationFrame)");
    }
    await page.locator(".message:last-child", { hasText: "part 99" }).waitFor();
    expect(
      await page.evaluate(
        "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.getElementById('scroller'))",
      ),
    ).toBeLessThan(80);
    const streaming = await longest();
    await page.evaluate(
      "(async (scroller) => { for (; scroller.scrollTop > 0; scroller.scrollTop -= 4000) await new Promise(requestAnimationFrame); })(document.getElementById('scroller'))",
    );
    await page.locator(".message.user", { hasText: "begin" }).waitFor();
    console.log(
      `Longest tasks with 1,000 messages: loading ${loading} ms, streaming ${streaming} ms, scrolling ${await longest()} ms`,
    );
    await stop();
  });
});
