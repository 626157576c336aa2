import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { launchBrowser } from "../../../support/browser.js";
import { ask, pageStage } from "./page-stage.js";

const stage = pageStage(await launchBrowser());

describe.skipIf(stage === undefined)("an answer's Markdown on the page", () => {
  const { start, open } = stage as NonNullable<typeof stage>;
  const shown = async (markdown: string): Promise<Page> => {
    const bot = await start();
    const question = await ask(bot, "general", "how?");
    await bot.playground.post(question, { markdown }, { replyTo: question });
    const page = await open(bot.url);
    await page.locator(".message.bot .block").first().waitFor();
    return page;
  };
  const text = (page: Page) => page.locator(".message.bot .body").innerText();

  it.each([
    ["\\(a_1 * b_2 * c\\)", "\\(a_1 * b_2 * c\\)"],
    ["so $x_i^2 + y_i^2$ holds", "so $x_i^2 + y_i^2$ holds"],
    ["\\[\n\\int_0^1 x\\,dx\n= \\frac{1}{2}\n\\]", "\\[\n\\int_0^1 x\\,dx\n= \\frac{1}{2}\n\\]"],
    ["$$\na\n- b\n$$", "$$\na\n- b\n$$"],
    ["it costs $5 and *not* $6", "it costs $5 and not $6"],
    ["`$a_b_c$` and $<b>$", "$a_b_c$ and $<b>$"],
  ])("leaves LaTeX exactly as it was written: %j", async (markdown, expected) => {
    expect(await text(await shown(markdown))).toBe(expected);
  });

  it("shows task lists and footnotes", async () => {
    const page = await shown("- [ ] open\n- [x] done\n- plain [ ] text\n\nA claim.[^1]\n\n[^1]: Its source.");
    expect(await page.locator(".message.bot li").allInnerTexts()).toEqual(["☐ open", "☑ done", "plain [ ] text"]);
    expect(await page.locator(".message.bot li.task").count()).toBe(2);
    expect(await page.locator(".message.bot sup").allInnerTexts()).toEqual(["[1]", "[1]"]);
    expect(await text(page)).toMatch(/A claim\.\[1\]\s+\[1\] Its source\.$/);
  });

  it("shows a picture as a link that names its host, and loads nothing", async () => {
    const page = await shown("![a <b>chart](https://img.example/a.png) ![](https://x.example)");
    expect(await text(page)).toBe("a <b>chart (image at img.example) image (image at x.example)");
    expect(await page.locator(".message.bot a").first().getAttribute("href")).toBe("https://img.example/a.png");
    expect(await page.locator(".message.bot img").count()).toBe(0);
  });

  it("scrolls a wide table instead of breaking its numbers, and keeps the head of long code in view", async () => {
    const row = `| ${Array.from({ length: 12 }, () => "1,234,567.89").join(" | ")} |`;
    const head = `| ${Array.from({ length: 12 }, (_, index) => `h${index}`).join(" | ")} |`;
    const page = await shown(`${head}\n|${"---|".repeat(12)}\n${row}\n\n\`\`\`\n${"line\n".repeat(200)}\`\`\``);
    await page.setViewportSize({ width: 375, height: 780 });
    const sizes = await page.evaluate<readonly number[]>(`(() => {
      const frame = document.querySelector(".table-frame");
      const cell = document.querySelector("td");
      const pre = document.querySelector("pre");
      return [frame.scrollWidth - frame.clientWidth, cell.offsetHeight, pre.offsetHeight];
    })()`);
    expect(sizes[0]).toBeGreaterThan(300);
    expect(sizes[1]).toBeLessThan(45); // one line
    expect(sizes[2]).toBeLessThan(560);
    const position = "getComputedStyle(document.querySelector('figcaption')).position";
    expect(await page.evaluate(position)).toBe("sticky");
  });
});
