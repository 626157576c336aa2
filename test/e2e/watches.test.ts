import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { fakeClock } from "../support/fake-clock.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { startBot } from "../support/start-bot.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const folder = temporaryFolder();
afterAll(folder.remove);

const HOUR_MS = 3_600_000;
const ROOMY = { AUTO_REFRESH: "true", REFRESH_INTERVAL_SECONDS: "300" };

interface Row {
  readonly at: number;
  readonly provider: string;
  readonly isAdded: boolean;
  readonly model: string;
}

function readTrace(path: string): readonly Row[] {
  const [, ...lines] = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => {
    const [seconds, provider = "", event, ...model] = line.split(",");
    return { at: Number(seconds) * 1_000, provider, isAdded: event === "added", model: model.join(",") };
  });
}

/**
 * A vendor whose lists the test sets, one address a provider; a provider that is down answers 500. In a chat every model
 * says its name; `facts` stand in its rows.
 */
async function startLists() {
  const lists = new Map<string, Set<string>>();
  const facts = new Map<string, object>();
  const down = new Set<string>();
  const server = createServer(async (request, response) => {
    const provider = request.url?.split("/")[1] ?? "";
    if (request.method === "POST") return void chat(request, response);
    const isDown = down.has(provider);
    response.writeHead(isDown ? 500 : 200, { "content-type": "application/json" });
    const rows = [...(lists.get(provider) ?? [])].map((id) => ({ id, ...facts.get(id) }));
    response.end(isDown ? "{}" : JSON.stringify({ data: rows }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { lists, facts, down, url, close };
}

async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { model } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as { model: string };
  response.writeHead(200, { "content-type": "text/event-stream" });
  const chunk = (delta: object, finish_reason: string | null) =>
    `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", model, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  response.end(`${chunk({ role: "assistant", content: `I am ${model}.` }, null)}${chunk({}, "stop")}data: [DONE]\n\n`);
}

/** What the trace says that a list had before it begins, so that each row changes something. */
function listsBefore(rows: readonly Row[]): Map<string, Set<string>> {
  const lists = new Map<string, Set<string>>();
  const seen = new Set<string>();
  for (const { provider, model, isAdded } of rows) {
    const list = lists.get(provider) ?? new Set(Array.from({ length: 8 }, (_, index) => `stays-${index}`));
    lists.set(provider, list);
    if (!seen.has(`${provider}/${model}`) && !isAdded) list.add(model);
    seen.add(`${provider}/${model}`);
  }
  return lists;
}

interface Told {
  readonly kind: string;
  readonly name: string;
}

/** What the messages name, and how many changes they count besides. */
function toldBy(texts: readonly string[]): { readonly named: readonly Told[]; readonly counted: number } {
  const named = texts.flatMap((text) =>
    [...text.matchAll(/^- \*\*(.+?)\*\* `(.+?)`/gm)].map(([, kind = "", name = ""]) => ({ kind, name })),
  );
  const counted = texts.reduce((sum, text) => sum + Number(/… and (\d+) more/.exec(text)?.[1] ?? 0), 0);
  return { named, counted };
}

/** Plays a trace to a bot that is watched, with outages, and resolves with what was told in the channel. */
async function replay(rows: readonly Row[]) {
  const vendor = await startLists();
  for (const [provider, list] of listsBefore(rows)) vendor.lists.set(provider, list);
  const endpoints = [...vendor.lists.keys()].map((id) => `${id}x=${vendor.url}/${id}/v1`).join(",");
  const clock = fakeClock((rows[0]?.at ?? 0) - 24 * HOUR_MS, 4);
  const environment = { OPENAI_COMPATIBLE: endpoints, PLAYGROUND: "true", RETENTION_DAYS: "0", ...ROOMY };
  const bot = await startBot(folder.path, environment, clock);
  const client = playgroundClient(bot.url);
  await client.say("/models watch");
  await eventually("the first lists", async () => {
    await bot.run(10_000);
    const { providers } = await client.status();
    return providers.every(({ outcome }) => outcome === "ok");
  });
  const truth: Told[] = [];
  let steps = 0;
  for (let index = 0; index < rows.length; ) {
    const at = rows[index]?.at ?? 0;
    if (at > clock.now()) await clock.leap(at - clock.now());
    // From time to time a provider cannot be reached, whatever its list does.
    const victim = ++steps % 5 === 0 ? [...vendor.lists.keys()][steps % vendor.lists.size] : undefined;
    if (victim !== undefined) vendor.down.add(victim);
    await bot.run(10_000);
    if (victim !== undefined) vendor.down.delete(victim);
    for (; rows[index]?.at === at; index++) {
      const { provider, model, isAdded } = rows[index] as Row;
      const list = vendor.lists.get(provider);
      if (list?.has(model) === isAdded) continue; // says nothing new
      if (isAdded) list?.add(model);
      else list?.delete(model);
      truth.push({ kind: isAdded ? "here" : "gone", name: `${provider}x/${model}` });
    }
    // Good lists in a row, and an hour in which what waits is sent.
    for (const waitMs of [301_000, 301_000, 301_000, HOUR_MS]) {
      await clock.leap(waitMs);
      await bot.run(10_000);
    }
  }
  // What was held because it was told less than a day ago.
  await clock.leap(25 * HOUR_MS);
  await bot.run(30_000);
  await clock.leap(25 * HOUR_MS);
  await bot.run(30_000);
  const all = (await (await fetch(`${bot.url}/api/channels/general/messages`)).json()) as {
    messages: readonly { readonly text: string; readonly at: number }[];
  };
  const messages = all.messages.filter(({ text }) => text.startsWith("🆕 Models changed\n"));
  await bot.stop(0);
  vendor.close();
  return { truth, messages, ...toldBy(messages.map(({ text }) => text)) };
}

const isTrue = (truth: ReadonlySet<string>) => (told: Told) =>
  truth.has(`${told.kind === "gone" ? "gone" : "here"} ${told.name}`);

describe("a watch over 40 days of real changes, with outages", () => {
  it("tells every change once, nothing that was none, and at most once an hour", async () => {
    const { truth, messages, named, counted } = await replay(readTrace("test/fixtures/model-changes.csv"));
    const known = new Set(truth.map(({ kind, name }) => `${kind} ${name}`));
    expect(named.filter((told) => !isTrue(known)(told))).toEqual([]);
    const gaps = messages.slice(1).map(({ at }, index) => at - (messages[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(HOUR_MS);
    expect(named.length + counted).toBe(truth.length);
    expect(named.length).toBeGreaterThan(30);
  });
});

describe("on the playground", () => {
  async function start() {
    const home = temporaryFolder();
    const vendor = await startLists();
    vendor.lists.set("v", new Set(["claude-sonnet-4", "claude-opus-4", "gpt-5"]));
    const clock = fakeClock(Date.UTC(2026, 11, 1), 4);
    const environment = {
      OPENAI_COMPATIBLE: `v=${vendor.url}/v/v1`,
      DEFAULT_MODEL: "v/gpt-5",
      PLAYGROUND: "true",
      ...ROOMY,
    };
    const bot = await startBot(home.path, environment, clock);
    const client = playgroundClient(bot.url);
    await eventually("the list", async () => {
      await bot.run(10_000);
      return (await client.status()).providers[0]?.outcome === "ok";
    });
    return {
      ...{ vendor, bot, client, clock },
      /** The list as it is now is fetched, and what it brings is told. */
      async fetched() {
        await clock.leap(301_000);
        await bot.run(20_000);
      },
      async end() {
        await bot.stop(0);
        vendor.close();
        home.remove();
      },
    };
  }
  const lastOf = async ({ client }: Awaited<ReturnType<typeof start>>) => (await client.messages()).at(-1);

  it("a watch tells of a new model, which is used with its button", async () => {
    const world = await start();
    const { vendor, client } = world;
    expect((await client.ask("hello")).answer.text).toContain("I am gpt-5.");
    await client.command("/models watch v/claude-* new");
    vendor.lists.get("v")?.add("claude-sonnet-5");
    vendor.facts.set("claude-sonnet-5", {
      pricing: { prompt: "0.000001", completion: "0.000005" },
      context_length: 200_000,
    });
    await world.fetched();
    const told = (await lastOf(world)) as { text: string; controls?: readonly { label: string; command?: string }[] };
    expect(told.text).toBe(
      "🆕 Models changed\n- **new** `v/claude-sonnet-5`: 200k context, $1 in / $5 out per 1M tokens",
    );
    expect(told.controls?.map(({ label }) => label)).toEqual(["Use here", "Try on the last question", "Mute"]);
    await client.say(told.controls?.[1]?.command ?? "");
    await eventually("another answer", async () => (await lastOf(world))?.text.includes("I am claude-sonnet-5."));
    await client.command(told.controls?.[0]?.command ?? "");
    expect((await client.ask("and now?")).answer.text).toContain("I am claude-sonnet-5.");
    expect((await client.command(told.controls?.[2]?.command ?? "")).text).toContain("no longer watched");
    await world.end();
  });

  it("a model that is announced to retire names its successor under the next answer, once, and moves nobody", async () => {
    const world = await start();
    const { vendor, client } = world;
    await client.command("/models use v/claude-sonnet-4");
    await client.ask("hello");
    vendor.lists.get("v")?.add("claude-sonnet-5");
    vendor.facts.set("claude-sonnet-4", { deprecation: "2026-12-20T00:00:00Z" });
    await world.fetched();
    const { answer } = await client.ask("still there?");
    expect(answer.text).toContain("⏳ `v/claude-sonnet-4` retires on 20 Dec 2026.");
    expect(answer.text).toContain("Its successor here: `v/claude-sonnet-5`.");
    expect((await client.ask("again")).answer.text).toBe("I am claude-sonnet-4.");
    const changes = (await (await fetch(`${world.bot.url}/api/changes?since=0`)).json()) as {
      changes: { kind: string }[];
    };
    expect(changes.changes.map(({ kind }) => kind).sort()).toEqual(["new", "retire"]);
    await client.command("/models use v/claude-sonnet-5");
    expect((await client.ask("and you?")).answer.text).toContain("I am claude-sonnet-5.");
    await world.end();
  });

  it("a rule refuses a model, and the conversation changes to the default by its button", async () => {
    const world = await start();
    const { client } = world;
    await client.command("/models use v/claude-opus-4");
    await client.command("/settings models deny */*opus*");
    expect((await client.command("/models use v/claude-opus-4")).text).toContain("deny `*/*opus*`");
    const { question, answer } = await client.ask("hello");
    expect(question.marks).toContain("❌");
    expect(answer.text).toContain("🔒 **v/claude-opus-4** is ruled out by this workspace: deny `*/*opus*`.");
    await client.command("/models unpin");
    expect((await client.ask("hello")).answer.text).toContain("I am gpt-5.");
    expect((await client.models()).models.map(({ id }) => id)).not.toContain("claude-opus-4");
    await world.end();
  });

  it("a default that is a pattern gives new conversations the newest match, and leaves the others", async () => {
    const world = await start();
    const { vendor, client, bot } = world;
    await client.command("/settings model v/claude-sonnet-*");
    expect((await client.ask("hello")).answer.text).toContain("I am claude-sonnet-4.");
    vendor.lists.get("v")?.add("claude-sonnet-5");
    await world.fetched();
    expect((await playgroundClient(bot.url, "another").ask("hello")).answer.text).toContain("I am claude-sonnet-5.");
    expect((await client.ask("again")).answer.text).toContain("I am claude-sonnet-4.");
    expect((await client.command("/settings show")).text).toContain(
      "**v/claude-sonnet-5** (the newest that matches `v/claude-sonnet-*`",
    );
    await world.end();
  });
});
