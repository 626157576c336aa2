import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../../src/bot/web/playground/page-limits.js";
import { launchBrowser } from "../../../support/browser.js";
import { pageStage, say } from "./page-stage.js";

const stage = pageStage(await launchBrowser());
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const text = (name: string, content: string | Buffer) => ({
  ...{ name, mimeType: "text/plain", buffer: Buffer.from(content) },
});
const picture = (name: string, bytes: Buffer = PIXEL) => ({ name, mimeType: "image/png", buffer: bytes });
const choose = (page: Page, ...files: { name: string; mimeType: string; buffer: Buffer }[]) =>
  page.locator("#file-picker").setInputFiles(files);
const fault = (page: Page) => page.locator("#composer-fault");
const attached = (page: Page) => page.locator("#composer-files .thumb-name").allInnerTexts();

/** Drops or pastes a file, as a person does. */
const hand = (page: Page, event: "drop" | "paste", name: string, type: string) =>
  page.evaluate(`(() => {
    const data = new DataTransfer();
    data.items.add(new File([${JSON.stringify("hello")}], ${JSON.stringify(name)}, { type: ${JSON.stringify(type)} }));
    const target = document.querySelector(${JSON.stringify(event === "drop" ? ".room" : "#composer-text")});
    target.dispatchEvent(${
      event === "drop"
        ? `new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })`
        : `new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })`
    });
  })()`);

describe.skipIf(stage === undefined)("files beside a question on the page", () => {
  const { start, open } = stage as NonNullable<typeof stage>;

  it("are sent with it, however they came, and are shown with it after a reload", async () => {
    const { url, mentions } = await start();
    const page = await open(url);
    await choose(page, picture("chart.png"));
    await hand(page, "drop", "notes.txt", "text/plain");
    await hand(page, "paste", "log.txt", "text/plain");
    await expect.poll(() => attached(page)).toEqual(["chart.png", "notes.txt", "log.txt"]);
    await page.getByRole("button", { name: "Remove notes.txt" }).click();
    await say(page, "What is this?");
    await page.getByRole("img", { name: "chart.png" }).waitFor();
    expect(await attached(page)).toEqual([]);
    const [mention] = mentions;
    const files = await Promise.all(
      (mention?.attachments ?? []).map(async ({ name, sizeBytes, read }) => {
        const bytes = await read(sizeBytes, new AbortController().signal);
        return [name, Buffer.from(bytes).toString("base64")];
      }),
    );
    expect(files).toEqual([
      ["chart.png", PIXEL.toString("base64")],
      ["log.txt", Buffer.from("hello").toString("base64")],
    ]);
    await page.reload();
    await page.getByRole("img", { name: "chart.png" }).waitFor();
    expect(await page.locator(".message.user .thumb-name").allInnerTexts()).toEqual(["chart.png", "log.txt"]);
  });

  it("come with a warning where the channel's model takes no images, and can be sent all the same", async () => {
    const facts = { contextTokens: null, inputPrice: null, outputPrice: null, takesImages: false };
    const { url, mentions } = await start({ modelOf: async () => ({ model: "demo/blind", pin: null, facts }) });
    const page = await open(url);
    await page.getByRole("button", { name: "Model: demo/blind" }).waitFor();
    await choose(page, text("a.txt", "a"), picture("a.png"));
    await expect.poll(() => fault(page).innerText()).toContain("demo/blind can't read images.");
    await say(page, "look");
    await expect.poll(() => mentions[0]?.attachments?.length).toBe(2);
    expect(await fault(page).innerText()).toBe("");
  });

  it("can be sent without words, but not with a command", async () => {
    const { url, mentions, calls } = await start();
    const page = await open(url);
    await choose(page, text("a.txt", "a"));
    await expect.poll(() => attached(page)).toEqual(["a.txt"]);
    await say(page, "/help");
    await expect.poll(() => fault(page).innerText()).toContain("A command can't have files.");
    expect(await page.locator("#composer-text").inputValue()).toBe("/help");
    await say(page, "");
    await page.locator(".message.user .thumb-name").waitFor();
    expect([mentions.map((mention) => mention.text), calls.length]).toEqual([[""], 0]);
  });

  it.each([
    ["a text that is too large", [text("big.txt", Buffer.alloc(LIMITS.textBytes + 1, "a"))], "big.txt", "up to 100 KB"],
    ["a picture that is too large", [picture("big.png", Buffer.alloc(LIMITS.imageBytes + 1))], "big.png", "3.75 MB"],
    ["neither picture nor text", [text("a.bin", Buffer.from([1, 0, 2]))], "a.bin", "neither a PNG, JPEG, GIF or WebP"],
    ["an empty file", [text("empty.txt", "")], "empty.txt", "it is empty"],
    ["a fifth picture", Array.from({ length: 5 }, (_, index) => picture(`${index}.png`)), "4.png", "up to 4 images"],
    [
      "an eleventh file",
      Array.from({ length: 11 }, (_, index) => text(`${index}.txt`, "a")),
      "10.txt",
      "up to 10 files",
    ],
  ] as const)("refuse %s before it leaves the composer, and keep the rest", async (_what, files, name, why) => {
    const { url } = await start();
    const page = await open(url);
    await page.locator("#composer-text").fill("my text");
    await choose(page, ...files);
    await expect.poll(() => fault(page).innerText()).toContain(`${name} is not attached: `);
    expect(await fault(page).innerText()).toContain(why);
    expect(await attached(page)).toEqual(files.slice(0, -1).map((file) => file.name));
    expect(await page.locator("#composer-text").inputValue()).toBe("my text");
  });

  it("stay in the composer with the text when the bot cannot take them", async () => {
    const { url, playground } = await start();
    const page = await open(url);
    await choose(page, text("a.txt", "a"));
    await expect.poll(() => attached(page)).toEqual(["a.txt"]);
    await playground.stop();
    await say(page, "read this");
    await expect.poll(() => fault(page).innerText()).toContain("Your text is still here.");
    await expect.poll(() => attached(page)).toEqual(["a.txt"]);
    expect(await page.locator("#composer-text").inputValue()).toBe("read this");
  });

  it("leave a text over the limit in the composer, and one at the limit goes", async () => {
    const { url, mentions } = await start();
    const page = await open(url);
    await say(page, "x".repeat(LIMITS.questionChars + 1));
    await expect.poll(() => fault(page).innerText()).toContain("This text has 32,001 characters; the limit is 32,000.");
    expect((await page.locator("#composer-text").inputValue()).length).toBe(LIMITS.questionChars + 1);
    await say(page, "x".repeat(LIMITS.questionChars));
    await expect.poll(() => mentions.length).toBe(1);
  });
});
