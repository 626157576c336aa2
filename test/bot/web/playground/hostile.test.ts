import { afterAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../../support/browser.js";
import { openWatched } from "../../../support/watched-page.js";
import { HOSTILE_PAYLOADS } from "./hostile-payloads.js";
import { startPlayground } from "./playground-support.js";

const browser = await launchBrowser();
if (browser === undefined) console.log("No Chromium starts on this machine: hostile texts are not shown to one.");

const FOUND = `(() => {
  const inside = [...document.querySelectorAll("#messages .body *")];
  const allowed = /^(DIV|P|BR|HR|H[1-6]|EM|STRONG|S|A|UL|OL|LI|BLOCKQUOTE|PRE|CODE|TABLE|THEAD|TBODY|TR|TH|TD|FIGURE|FIGCAPTION|SPAN|BUTTON)$/;
  const names = /^(href|title|class|start|tabindex|role|aria-label|type|target|rel)$/;
  return {
    hacked: window.hacked ?? null,
    elements: inside.filter((each) => !allowed.test(each.tagName)).map((each) => each.outerHTML),
    attributes: inside.flatMap((each) => [...each.attributes].filter(({ name }) => !names.test(name)).map(({ name }) => name + " of " + each.outerHTML)),
    links: [...document.querySelectorAll("#messages a[href]")].map((each) => each.protocol).filter((each) => !/^(https?|mailto):$/.test(each)),
  };
})()`;

describe.skipIf(browser === undefined)(`${HOSTILE_PAYLOADS.length} hostile texts`, () => {
  afterAll(() => browser?.close());

  it("run no script and load nothing from elsewhere, in pieces, as an answer, a reply and a question", async () => {
    expect(HOSTILE_PAYLOADS.length).toBeGreaterThanOrEqual(200);
    const { url, playground, post, stop } = await startPlayground({
      bot: {
        async *onCommand({ text }) {
          yield { markdown: HOSTILE_PAYLOADS[Number(text.slice(1))] ?? "" };
        },
      },
    });
    const context = await (browser as NonNullable<typeof browser>).newContext();
    const faults: string[] = [];
    const page = await openWatched(context, url, faults);
    await page.locator("#indicator:not(:empty)").waitFor();
    for (const [index, text] of HOSTILE_PAYLOADS.entries()) {
      const place = { platform: "playground", workspace: "local", channel: "general" };
      const message = await playground.post(place, { markdown: text.slice(0, 1) });
      // Cut where it hurts: in the middle of tags, attributes and addresses, with a frame drawn between.
      for (const share of [0.3, 0.55, 0.8, 1]) {
        await playground.edit(message, { markdown: text.slice(0, Math.ceil(text.length * share)) });
        if (index % 10 === 0) await page.evaluate("new Promise(requestAnimationFrame)");
      }
      await playground.edit(message, { markdown: `${text}\n\nthe end` });
      if (index % 5 === 0) await post("general", { text: `look: ${text}` });
      if (index % 5 === 1) await post("general", { text: `/${index}` });
    }
    const whole = { timeout: 15_000 };
    await expect.poll(() => page.locator(".message.bot:not(.ephemeral)").count(), whole).toBe(HOSTILE_PAYLOADS.length);
    await expect
      .poll(() => page.locator(".ephemeral").count(), whole)
      .toBe(Math.ceil((HOSTILE_PAYLOADS.length - 1) / 5));
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 500))"); // what would load late
    expect(await page.evaluate(FOUND)).toEqual({ hacked: null, elements: [], attributes: [], links: [] });
    expect(faults).toEqual([]);
    await context.close();
    await stop();
  });
});
