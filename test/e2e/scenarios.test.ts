import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Cable, layCable } from "../support/cable.js";
import { FAKE_ANTHROPIC_KEY, type FakeAnthropic, startFakeAnthropic } from "../support/fake-anthropic.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../support/fake-openai.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { type Bot, startBot } from "../support/start-bot.js";
import { temporaryFolder } from "../support/temporary-folder.js";

/** The scenarios that auto-refresh was asked for with, step by step, with the real SDKs against local providers. */
const INTERVAL_MS = 300_000;
const FRESH = "✓ Auto-refreshed - models up to date";
const STALE = "⚠️ Using cached models - refresh recommended";

let folder: ReturnType<typeof temporaryFolder>;
let openai: FakeOpenAi;
let anthropic: FakeAnthropic;
let cable: Cable;
let bot: Bot;
let client: ReturnType<typeof playgroundClient>;

beforeEach(async () => {
  folder = temporaryFolder();
  openai = await startFakeOpenAi({ models: ["gpt-5", "gpt-5-mini"] });
  anthropic = await startFakeAnthropic({ models: ["claude-sonnet-4-5"] });
  cable = await layCable(anthropic.url);
  bot = await startBot(folder.path, {
    OPENAI_API_KEY: FAKE_OPENAI_KEY,
    OPENAI_BASE_URL: openai.url,
    ANTHROPIC_API_KEY: FAKE_ANTHROPIC_KEY,
    ANTHROPIC_BASE_URL: cable.url,
  });
  client = playgroundClient(bot.url);
  await eventually("the first lists", async () => ((await ids()).length === 3 ? true : undefined));
});

afterEach(async () => {
  await bot.stop(0);
  await Promise.all([openai.close(), cable.close(), anthropic.close()]);
  folder.remove();
});

const ids = async () => (await client.models()).models.map(({ provider, id }) => `${provider}/${id}`).sort();
const providerStatus = async (id: string) => (await client.status()).providers.find((provider) => provider.id === id);
/** The panel as a person reads it, and the labels of its controls. */
async function panel() {
  const { text, controls } = await client.command("/models status");
  return { text: text ?? "", labels: (controls ?? []).map(({ label }) => label) };
}
const requestsOf = (vendor: FakeOpenAi | FakeAnthropic) => vendor.listRequests();

describe("Normal Operation", () => {
  it("1–2: after the interval, and not before, the background fetches the models", async () => {
    await bot.run(INTERVAL_MS - 20_000);
    expect([requestsOf(openai), requestsOf(anthropic)]).toEqual([1, 1]);
    await bot.run(20_000);
    expect([requestsOf(openai), requestsOf(anthropic)]).toEqual([2, 2]);
  });

  it("3: the cache updates silently", async () => {
    const stream = await client.listen();
    openai.setModels(["gpt-5", "gpt-5-mini", "gpt-6"]);
    await bot.run(INTERVAL_MS);
    expect(await ids()).toContain("openai/gpt-6");
    expect(await client.messages()).toEqual([]);
    expect(stream.events.filter(({ type }) => type !== "status")).toEqual([]);
    await stream.close();
  });

  it("4: the indicator and the button say that the lists are fresh", async () => {
    await bot.run(INTERVAL_MS);
    const { text, labels } = await panel();
    expect(text).toContain(FRESH);
    expect(labels).toContain("🔄 Refresh (auto-updated)");
  });

  it("5: people go on working while it runs", async () => {
    openai.hangLists();
    await bot.clock.advance(INTERVAL_MS);
    const tick = bot.tick();
    await eventually("a running refresh", async () => (await client.status()).indicator === "refreshing" || undefined);
    openai.replyWith(() => "still here");
    expect((await client.ask("are you there?")).answer.text).toBe("still here");
    expect((await panel()).text).toContain("🔄 Background refresh in progress...");
    await bot.clock.advance(10_000);
    await tick;
  });
});

describe("Network Failure", () => {
  beforeEach(async () => {
    cable.cut();
    await bot.run(INTERVAL_MS + 60_000);
  });

  it("1: the attempt fails, and is told as what it was", async () => {
    expect(await providerStatus("anthropic")).toMatchObject({ outcome: "network" });
  });

  it("2: the cached models remain available, the other provider's are renewed", async () => {
    expect(await ids()).toEqual(["anthropic/claude-sonnet-4-5", "openai/gpt-5", "openai/gpt-5-mini"]);
    expect((await providerStatus("anthropic"))?.models).toBe(1);
    expect(await providerStatus("openai")).toMatchObject({ outcome: "ok", isFresh: true });
  });

  it("3: the warning about cached models is shown", async () => {
    const { text, labels } = await panel();
    expect(text).toContain(STALE);
    expect(labels).toContain("🔄 Refresh (outdated)");
  });

  it("4: the refresh by hand still works and tells the truth", async () => {
    const reply = await client.command("/refresh-models", ({ text }) => !text?.startsWith("🔄"));
    expect(reply.text).toContain("✓ openai: 2 models");
    expect(reply.text).toMatch(/⚠️ anthropic: .*using the list from/);
  });

  it("5: the background tries again", async () => {
    const before = (await providerStatus("anthropic"))?.attemptedAt ?? 0;
    anthropic.setModels(["claude-sonnet-4-5", "claude-opus-5"]);
    cable.mend();
    await bot.run(INTERVAL_MS * 1.5);
    expect(await providerStatus("anthropic")).toMatchObject({ outcome: "ok", isFresh: true, models: 2 });
    expect((await providerStatus("anthropic"))?.attemptedAt).toBeGreaterThan(before);
  });
});

describe("Timeout (Slow API)", () => {
  /** A refresh that hangs at one provider, right after it began. */
  async function hang() {
    anthropic.hangLists();
    await bot.clock.advance(INTERVAL_MS);
    const tick = bot.tick();
    await eventually("two requests", () => requestsOf(anthropic) === 2 || undefined);
    await eventually(
      "the other list",
      async () => (await providerStatus("openai"))?.fetchedAt === bot.clock.now() || undefined,
    );
    return { tick };
  }

  it("1: the refresh ends at its 10 s deadline, not before", async () => {
    const { tick } = await hang();
    await bot.clock.advance(9_999);
    expect((await client.status()).indicator).toBe("refreshing");
    await bot.clock.advance(1);
    await tick;
    expect(await providerStatus("anthropic")).toMatchObject({ outcome: "timeout" });
    expect((await client.status()).indicator).not.toBe("refreshing");
  });

  it("2: nothing of it is left running", async () => {
    const { tick } = await hang();
    await bot.clock.advance(10_000);
    await tick;
    await eventually("a closed connection", () => cable.open() === 0 || undefined);
  });

  it("3: the cached data is preserved", async () => {
    const before = await providerStatus("anthropic");
    const { tick } = await hang();
    await bot.clock.advance(10_000);
    await tick;
    expect(await ids()).toContain("anthropic/claude-sonnet-4-5");
    expect((await providerStatus("anthropic"))?.fetchedAt).toBe(before?.fetchedAt);
  });

  it("4: no error is pushed at anybody", async () => {
    const stream = await client.listen();
    const { tick } = await hang();
    await bot.clock.advance(10_000);
    await tick;
    expect(stream.events.filter(({ type }) => type !== "status")).toEqual([]);
    expect(await client.messages()).toEqual([]);
    await stream.close();
  });

  it("5: it is tried again", async () => {
    const { tick } = await hang();
    await bot.clock.advance(10_000);
    await tick;
    anthropic.hangLists(false);
    await bot.run(INTERVAL_MS);
    expect(await providerStatus("anthropic")).toMatchObject({ outcome: "ok", isFresh: true });
  });
});

describe("Provider Switch", () => {
  beforeEach(async () => {
    openai.replyWith(() => "from openai");
    anthropic.replyWith(() => "from anthropic");
    await client.ask("first");
  });

  it("1: a person switches the provider", async () => {
    expect((await client.command("/models use anthropic/claude-sonnet-4-5")).text).toContain(
      "anthropic/claude-sonnet-4-5",
    );
    expect((await client.ask("second")).answer.text).toContain("from anthropic");
  });

  it("2: the cached models are all still there", async () => {
    const before = await ids();
    await client.command("/models use anthropic/claude-sonnet-4-5");
    expect(await ids()).toEqual(before);
  });

  it("3–4: the background refresh goes on, and the new provider's models load", async () => {
    await client.command("/models use anthropic/claude-sonnet-4-5");
    anthropic.setModels(["claude-sonnet-4-5", "claude-opus-5"]);
    await bot.run(INTERVAL_MS);
    expect([requestsOf(openai), requestsOf(anthropic)]).toEqual([2, 2]);
    expect(await ids()).toContain("anthropic/claude-opus-5");
  });

  it("5: the conversation goes along without interruption", async () => {
    await client.command("/models use anthropic/claude-sonnet-4-5");
    await client.ask("second");
    const sent = anthropic.requests.find(({ body }) => body !== undefined)?.body?.messages;
    expect(JSON.stringify(sent)).toContain("first");
    expect(JSON.stringify(sent)).toContain("from openai");
  });
});

describe("Mid-Chat", () => {
  /** An answer that streams while a refresh runs that brings this list. */
  async function streamDuringRefresh(list: readonly string[] = ["gpt-5", "gpt-5-mini", "gpt-6"]) {
    await bot.clock.advance(INTERVAL_MS - 1_000);
    const asked = client.ask("tell me a story");
    const stream = await openai.nextStream();
    stream.send("Once upon ");
    openai.setModels(list);
    anthropic.hangLists();
    await bot.clock.advance(1_000);
    const tick = bot.tick();
    await eventually("a running refresh", async () => (await client.status()).indicator === "refreshing" || undefined);
    return { asked, stream, tick };
  }
  async function finish({ asked, stream, tick }: Awaited<ReturnType<typeof streamDuringRefresh>>) {
    stream.finish();
    await eventually("the end", async () => ((await client.messages())[0]?.marks[0] === "✅" ? true : undefined));
    await bot.clock.advance(10_000);
    await tick;
    anthropic.hangLists(false);
    return asked;
  }

  it("1–2: the refresh runs in the background while the answer goes on", async () => {
    const story = await streamDuringRefresh();
    expect((await client.status()).indicator).toBe("refreshing");
    story.stream.send("a time");
    const { answer } = await finish(story);
    expect(answer.text).toBe("Once upon a time");
  });

  it("3–4: provider and model stay, even when the list has lost the model", async () => {
    const story = await streamDuringRefresh(["gpt-6"]);
    await finish(story);
    await bot.run(INTERVAL_MS * 2);
    const listed = (await client.models()).models.filter(({ state }) => state === "listed").map(({ id }) => id);
    expect(listed).toEqual(["gpt-6", "claude-sonnet-4-5"]);
    const { answer } = await client.ask("go on");
    // Its list is asked for as well then.
    const chats = () => openai.requests.filter(({ body }) => body !== undefined);
    expect(chats().at(-1)?.body?.model).toBe(story.stream.body.model);
    expect(answer.text).toContain("does not know this model");
    openai.setModels(["gpt-5", "gpt-5-mini", "gpt-6"]);
    expect((await client.ask("and now")).question.marks).toEqual(["✅"]);
    expect(chats().at(-1)?.body?.model).toBe(story.stream.body.model);
  });

  it("5: the history is kept", async () => {
    const story = await streamDuringRefresh();
    story.stream.send("a time");
    await finish(story);
    const asked = client.ask("go on");
    const next = await openai.nextStream();
    expect(JSON.stringify(next.body.messages)).toContain("Once upon a time");
    next.finish();
    await asked;
  });
});
