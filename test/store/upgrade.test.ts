import { afterAll, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open-store.js";
import { createPostgresStore } from "../../src/store/postgres/postgres.js";
import { createRedisStore } from "../../src/store/redis/redis.js";
import { createSessions } from "../../src/store/sessions/sessions.js";
import type { Store } from "../../src/store/store.js";
import { fakeClock } from "../support/fake-clock.js";
import { startPostgres } from "../support/postgres-server.js";
import { startRedis } from "../support/redis-server.js";
import { sqliteHere } from "../support/sqlite-here.js";
import { type Bot, startBot } from "../support/start-bot.js";
import { readContents, type StoreContents } from "../support/store-contents.js";
import {
  copySqlite,
  expectedOf,
  fixtureVersions,
  listSources,
  loadPostgres,
  loadRedis,
  providerVariables,
  type StoreKind,
} from "../support/store-fixtures.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** As often as lists are refreshed by default. */
const STEP_MS = (process.env.SOAK ? 1 : 5) * MINUTE_MS;
/** After that long a process that gave no sign of life counts as gone. */
const SILENT_MS = 120_000;
const INTERRUPTED = "⚠️ Interrupted by a restart.";

const folder = temporaryFolder();
const redis = await startRedis();
const postgres = await startPostgres();
afterAll(async () => {
  await Promise.all([redis?.remove(), postgres?.remove()]);
  folder.remove();
});

interface Fixture {
  readonly name: string;
  readonly kind: StoreKind;
  /** A fresh copy; undefined where its server is missing. */
  readonly load: ((version: string) => Promise<string>) | undefined;
}

const fixtures: readonly Fixture[] = [
  { name: "SQLite", kind: "sqlite", load: async (version) => copySqlite(version, "evergreen", folder.path) },
  {
    name: "SQLite after a crash",
    kind: "sqlite",
    load: async (version) => copySqlite(version, "crashed", folder.path),
  },
  {
    name: "Redis",
    kind: "redis",
    load: redis && (async (version) => loaded(loadRedis(version, redis.url), redis.url)),
  },
  {
    name: "PostgreSQL",
    kind: "postgres",
    load: postgres && (async (version) => loaded(loadPostgres(version, postgres.url), postgres.url)),
  },
];

async function loaded(loading: Promise<void>, url: string): Promise<string> {
  await loading;
  return url;
}

const open = (url: string, now: () => number): Promise<Store> =>
  openStore(
    url,
    [sqliteHere, createRedisStore, createPostgresStore].map((create) => create({ now })),
  );

/** What is in the store by now, in the form in which the expected contents are stored. */
async function contentsOf(url: string, kind: StoreKind, at: number): Promise<StoreContents> {
  const store = await open(url, () => at);
  const contents = await readContents(store, listSources(kind), at);
  await store.close();
  return JSON.parse(JSON.stringify(contents)) as StoreContents;
}

const cases = fixtureVersions().flatMap((version) => fixtures.map((fixture) => ({ version, ...fixture })));

describe.each(cases)("the $name store that $version has written", ({ version, kind, load }) => {
  const expected = expectedOf(version, kind);
  const { at, contents, interrupted } = expected;
  const broken = new Set(contents.openQuestions.map(([, { conversation }]) => conversation));
  const isOnPlayground = ({ conversation }: { readonly conversation: string }) =>
    conversation.startsWith("playground:");

  it.skipIf(load === undefined)("opens with everything intact", async () => {
    expect(await contentsOf((await load?.(version)) ?? "", kind, at)).toEqual(contents);
  });

  it.skipIf(load === undefined)("still holds its claims and what was done once", async () => {
    const store = await open((await load?.(version)) ?? "", () => at + 1_000);
    const sessions = createSessions({ store, now: () => at + 1_000 });
    for (const [id, question] of contents.openQuestions) expect(await sessions.open(id, question)).toBe(false);
    const terms = { ttlMs: 1_000, minIntervalMs: HOUR_MS };
    for (const { id } of listSources(kind)) expect((await store.claim(`refresh:${id}`, terms)).held).toBe(false);
    await store.close();
  });

  it.skipIf(load === undefined)("loses nothing to a bot that runs on it for hours", { timeout: 120_000 }, async () => {
    const url = (await load?.(version)) ?? "";
    const clock = fakeClock(at + SILENT_MS);
    const bot = await startBot(folder.path, { ...providerVariables(kind), PLAYGROUND: "on", STORE_URL: url }, clock);
    // The stand-in clock turns faster than a real store answers: what a start ends gets its time before hours pass.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await runFor(bot, 3 * HOUR_MS);
    const again = await bot.restart();
    await runFor(again, HOUR_MS / 6);
    await again.stop(0);
    const after = await contentsOf(url, kind, clock.now());

    expect(after.settings).toEqual(contents.settings);
    expect(after.controls).toEqual(expect.arrayContaining(contents.controls));
    for (const [id, { rows, changes }] of Object.entries(contents.lists)) {
      expect(after.lists[id]).toMatchObject({ rows, changes });
    }
    const counted = new Set(contents.usage.map(({ id }) => id));
    expect(after.usage.filter(({ id }) => counted.has(id))).toEqual(contents.usage);
    expect(after.boards.map(([place, { message }]) => [place, message])).toEqual(
      contents.boards.map(([place, { message }]) => [place, message]),
    );
    const isWhole = ({ conversation }: { readonly conversation: string }) => !broken.has(conversation);
    expect(after.conversations.filter(isWhole)).toEqual(contents.conversations.filter(isWhole));
    // Platforms that are not configured today keep their open questions.
    const elsewhere = contents.openQuestions.filter(([, question]) => !isOnPlayground(question));
    expect(after.openQuestions).toEqual(elsewhere);
    expect(elsewhere.length).toBeGreaterThan(0);

    expectEnds(contents, after, interrupted);
  });
});

/** Turns the clock and ticks at each step: often enough for what is due by the hour. */
async function runFor({ clock, tick }: Bot, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    await clock.leap(STEP_MS);
    await tick();
  }
}

/** The playground's interrupted questions have one end each, after what stood there before; all other messages are as they were. */
function expectEnds(before: StoreContents, after: StoreContents, interrupted: readonly string[]): void {
  const endOf = new Map(before.openQuestions.map(([id, question]) => [id, question]));
  for (const id of interrupted.filter((one) => one.startsWith("playground:"))) {
    const question = endOf.get(id);
    const conversation = question?.conversation ?? "";
    const [was, is] = [before, after].map((all) => all.conversations.find((one) => one.conversation === conversation));
    expect(is?.session.pin).toEqual(was?.session.pin);
    expect(is?.turns.slice(0, was?.turns.length)).toEqual(was?.turns);
    const ends = is?.turns.filter(({ turn }) => turn.question.text === question?.text) ?? [];
    expect(ends.map(({ turn }) => turn.ending)).toEqual(["interrupted"]);
  }
  for (const { id, messages } of before.playground) {
    const now = after.playground.find((channel) => channel.id === id);
    const isTouched = new Set(["board", "interrupted"]).has(id);
    if (!isTouched) expect(now?.messages).toEqual(messages);
    expect(now?.messages.slice(0, messages.length).map((message) => message.id)).toEqual(messages.map((one) => one.id));
  }
  const shown = after.playground.find(({ id }) => id === "interrupted")?.messages ?? [];
  const said = shown.map(({ text }) => text.split(INTERRUPTED).length - 1);
  const questions = interrupted.filter((id) => id.startsWith("playground:"));
  expect(said.reduce((sum, count) => sum + count, 0)).toBe(questions.length);
  expect(Math.max(...said)).toBe(1);
  expect(shown.filter(({ mark }) => mark === "⚠️")).toHaveLength(questions.length);
  expect(shown.some(({ text }) => text.includes("Half of an answer 🌱") && text.includes(INTERRUPTED))).toBe(true);
}
