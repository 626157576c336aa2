import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { fakeClock } from "../support/fake-clock.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { startBot, temporaryFolder } from "../support/start-bot.js";

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

/** A vendor whose lists the test sets, one address a provider; a provider that is down answers 500. */
async function startLists() {
  const lists = new Map<string, Set<string>>();
  const down = new Set<string>();
  const server = createServer((request, response) => {
    const provider = request.url?.split("/")[1] ?? "";
    const isDown = down.has(provider);
    response.writeHead(isDown ? 500 : 200, { "content-type": "application/json" });
    response.end(isDown ? "{}" : JSON.stringify({ data: [...(lists.get(provider) ?? [])].map((id) => ({ id })) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { lists, down, url, close };
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
