import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BotProcess, startProcess } from "../support/bot-process.js";
import { type FakeOpenAi, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually, type PlaygroundMessage, playgroundClient } from "../support/playground-client.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const GROQ_KEY = "gsk_fake0groq0key0of0evergreen";
const BACKUP_KEY = "fake0backup0key0of0evergreen";
const IS_OUT = {
  status: 429,
  code: "rate_limit_exceeded",
  type: "tokens",
  message:
    "Rate limit reached for model `m1` in organization `org_1` on tokens per day (TPD): Limit 100000, Used 99893, " +
    "Requested 501. Please try again in 5h0m0s.",
};

let folder: ReturnType<typeof temporaryFolder>;
let groq: FakeOpenAi;
let backup: FakeOpenAi;
let bots: readonly BotProcess[] = [];

beforeEach(async () => {
  folder = temporaryFolder();
  groq = await startFakeOpenAi({ models: ["m1"], key: GROQ_KEY, basePath: "/openai/v1", compatible: true });
  backup = await startFakeOpenAi({ models: ["m1"], key: BACKUP_KEY, compatible: true });
  backup.replyWith(() => "from backup");
  const start = () =>
    startProcess(folder.path, {
      GROQ_API_KEY: GROQ_KEY,
      GROQ_BASE_URL: groq.url,
      OPENAI_COMPATIBLE: `backup=${backup.url}|${BACKUP_KEY}`,
      DEFAULT_MODEL: "groq/m1",
      PLAYGROUND: "on",
    });
  bots = [await start(), await start()];
  await eventually("all lists", async () => {
    const lists = await Promise.all(bots.map(({ url }) => playgroundClient(url).models()));
    return lists.every(({ models }) => models.length === 2) || undefined;
  });
});
afterEach(async () => {
  await Promise.all(bots.map((bot) => bot.end("SIGKILL")));
  await Promise.all([groq.close(), backup.close()]);
  folder.remove();
});

interface Answer extends PlaygroundMessage {
  readonly controls?: readonly { readonly label: string; readonly command: string }[];
}

async function ask(bot: BotProcess, text: string): Promise<Answer> {
  const client = playgroundClient(bot.url);
  const id = await client.say(text);
  await eventually("an end", async () => {
    const marks = (await client.messages()).find((message) => message.id === id)?.marks ?? [];
    return marks.some((mark) => /✅|❌|⚠/.test(mark)) || undefined;
  });
  const below = (await client.messages()).filter((message) => (message as { replyTo?: string }).replyTo === id);
  return (below.at(-1) ?? expect.fail("nothing was answered")) as Answer;
}

interface Window {
  readonly provider: string;
  readonly isOut: boolean;
}

describe("two replicas on one store", () => {
  it("know of each other's quotas, and of what was agreed", async () => {
    const [one, other] = bots as readonly [BotProcess, BotProcess];
    groq.failChats(IS_OUT);
    const refused = await ask(one, "first");
    expect(refused.text).toContain("A quota of the bot's account at **groq** is used up");
    await eventually("the other's knowledge", async () => {
      const answer = (await (await fetch(`${other.url}/api/quota`)).json()) as { windows: readonly Window[] };
      return answer.windows.some(({ provider, isOut }) => provider === "groq" && isOut) || undefined;
    });
    const requests = groq.chatRequests();
    expect((await ask(other, "second")).text).toContain("⛔ **groq/m1** is out of quota until");
    expect(groq.chatRequests()).toBe(requests);
    expect(backup.chatRequests()).toBe(0);

    const stopped = await ask(other, "third");
    const use = stopped.controls?.find(({ label }) => label.startsWith("Use backup/m1 until "));
    await playgroundClient(other.url).say(use?.command ?? expect.fail("nothing was offered"));
    await eventually("the other model", () => backup.chatRequests() > 0 || undefined);
    for (const bot of bots)
      expect((await ask(bot, "fourth")).text).toContain("↪️ Answered by backup/m1: groq/m1 is out");

    groq.failChats(undefined);
    await playgroundClient(one.url).command("/models back");
    for (const bot of bots) expect((await ask(bot, "fifth")).text).not.toContain("↪️");
  });
});
