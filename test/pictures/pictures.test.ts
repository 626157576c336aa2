import { writeFileSync } from "node:fs";
import { createCanvas, loadImage } from "@napi-rs/canvas";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { answered, connected, realClock, replied, stageDiscord } from "../bot/discord/discord-support.js";
import { SOCKET_TOKENS, startSlackWorld } from "../bot/slack/slack-support.js";
import { startProcess } from "../support/bot-process.js";
import { launchBrowser } from "../support/browser.js";
import { FAKE_OPENAI_KEY, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { discordBody, discordPage, discordReactions } from "./discord-page.js";
import { slackBody, slackPage, slackReactions, slackTime } from "./slack-page.js";

/** Made by `npm run pictures`; of Discord and Slack from what the bot really sends there. */
const FOLDER = "docs/images";
const MAX_BYTES = 120_000;
const SIZE = { width: 1200, height: 760 };

const MODELS = ["gpt-5.2", "gpt-5.2-mini", "gpt-5.2-nano", "gpt-5", "gpt-4o", "gpt-4o-mini", "o4-mini"];
const QUESTION = "Which HTTP status should a rate-limited API return, and how do I retry?";
const ANSWER = `Return **429 Too Many Requests** with \`Retry-After\`, and let clients back off:

| status | meaning | retry? |
|---|---|---|
| 429 | too many requests | after \`Retry-After\` |
| 503 | overloaded | with backoff |
| 401 | wrong key | no |

\`\`\`ts
const waitMs = Math.min(30_000, 500 * 2 ** attempt) * (0.8 + 0.4 * Math.random());
\`\`\`

- [x] spread the waits, so that clients do not come back in step
- [ ] retry only what is safe to repeat`;
/** Neither Slack nor Discord knows tables in ordinary messages. */
const CHAT_ANSWER = ANSWER.replace(/\|[\s\S]*\|\n/, "").replaceAll(/\[[x ]\] /g, "");

const browser = process.env.PICTURES === undefined ? undefined : await launchBrowser();
const toClose: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});
afterAll(() => browser?.close());

async function vendor(answer: string) {
  const openai = await startFakeOpenAi({ models: MODELS });
  toClose.push(openai.close);
  openai.replyWith(() => answer);
  return {
    OPENAI_API_KEY: FAKE_OPENAI_KEY,
    OPENAI_BASE_URL: openai.url,
    ANTHROPIC_API_KEY: "sk-ant-not-a-key",
    ANTHROPIC_BASE_URL: openai.url,
  };
}

async function openPage(options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  const context = await (browser as Browser).newContext({ viewport: SIZE, deviceScaleFactor: 1.5, ...options });
  toClose.push(() => context.close());
  return context.newPage();
}

/** Keeps what the page shows as a small picture. */
async function take(page: Page, name: string, options: Parameters<Page["screenshot"]>[0] = {}): Promise<void> {
  const image = await loadImage(await page.screenshot(options));
  const canvas = createCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const bytes = await canvas.encode("webp", 82);
  expect(bytes.length).toBeLessThanOrEqual(MAX_BYTES);
  writeFileSync(`${FOLDER}/${name}.webp`, bytes);
}

describe.skipIf(browser === undefined)("the pictures of the documentation", () => {
  it("show the playground and the console", async () => {
    const folder = temporaryFolder();
    const bot = await startProcess(folder.path, await vendor(ANSWER));
    toClose.push(
      async () => folder.remove(),
      () => bot.end("SIGKILL"),
    );
    const client = playgroundClient(bot.url);
    await client.ask(QUESTION);
    const page = await openPage();
    await page.goto(bot.url);
    await page.locator(".answer-facts:not(:empty)").waitFor();
    await page.locator("pre .hljs-keyword").first().waitFor();
    await take(page, "playground");

    await page.goto(`${bot.url}/console`);
    await page.locator("#models th").first().waitFor();
    await page.getByRole("img", { name: /Tokens per day/ }).waitFor();
    await take(page, "console");
  });

  it("show Slack", async () => {
    const world = await startSlackWorld({ environment: { ...SOCKET_TOKENS, ...(await vendor(CHAT_ANSWER)) } });
    toClose.push(world.close);
    const { slack, until } = world;
    const ts = await slack.mention(QUESTION);
    const answer = await until(
      "the end",
      () => slack.marksOf("C0GENERAL", ts).includes("white_check_mark") && slack.answers()[0],
    );
    await slack.slash("/models status");
    const panel = await until("a panel", () => slack.workspace.ephemerals.at(-1));
    const question = slack.workspace.find("C0GENERAL", ts);
    const page = await openPage({ viewport: { width: 860, height: 400 } });
    await page.setContent(
      slackPage("general", [
        {
          author: "ada",
          time: slackTime(ts),
          body: `<p><a>@Evergreen</a> ${QUESTION}</p>`,
          reactions: slackReactions(question?.reactions ?? new Map()) ?? [],
        },
        {
          author: "Evergreen",
          isBot: true,
          time: slackTime(answer.ts),
          above: "replied in the thread",
          body: slackBody(answer.blocks),
        },
        {
          author: "Evergreen",
          isBot: true,
          time: slackTime(answer.ts),
          above: "Only visible to you",
          body: slackBody(panel.blocks),
        },
      ]),
    );
    await take(page, "slack", { fullPage: true });
  });

  it("show Discord", async () => {
    const { discord, close } = await stageDiscord({}, await vendor(CHAT_ANSWER), realClock);
    toClose.push(close);
    await connected(discord);
    const { general } = discord;
    const question = discord.say(general, discord.person("mia"), QUESTION, { naming: true });
    const [answer] = await answered(discord, general, question);
    if (answer === undefined) throw new Error("no answer");
    const panel = await replied(discord.slash(general, discord.person("max", { isManager: true }), "models status"));
    await eventually("its layout", () => panel.layout.length > 0);
    const now = Date.now();
    const time = new Date(now).toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit" });
    const page = await openPage({ viewport: { width: 860, height: 400 } });
    await page.setContent(
      discordPage("general", [
        {
          author: "mia",
          time,
          body: `<p><span class="time">@Evergreen</span> ${QUESTION}</p>`,
          reactions: discordReactions(question.reactions) ?? [],
        },
        {
          author: "Evergreen",
          isBot: true,
          time,
          above: `↱ mia: ${QUESTION}`,
          body: discordBody(answer.content, answer.components, now),
        },
        {
          author: "Evergreen",
          isBot: true,
          time,
          body: discordBody("", panel.layout, now),
          below: "👁 Only you can see this · Dismiss message",
        },
      ]),
    );
    await take(page, "discord", { fullPage: true });
  });
});
