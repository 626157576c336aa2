import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createClient } from "@keyv/redis";
import { Pool } from "pg";
import { FAKE_ANTHROPIC_KEY } from "./fake-anthropic.js";
import type { FakeDiscord } from "./fake-discord.js";
import { BOT_ID, GUILD_ID } from "./fake-discord-world.js";
import { FAKE_OPENAI_KEY } from "./fake-openai.js";
import type { ListSource, StoreContents } from "./store-contents.js";

export const STORE_KINDS = ["sqlite", "redis", "postgres"] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

/** A channel of the fake Discord with the messages in it that the bot may touch again. */
export interface StoredDiscordChannel {
  readonly id: string;
  readonly name: string;
  readonly messages: readonly {
    readonly id: string;
    readonly authorId: string;
    readonly content: string;
    readonly marks: readonly string[];
  }[];
}

/** What a fixture holds, as the version that wrote it read it back. */
export interface ExpectedStore {
  /** When it was written, in epoch ms. */
  readonly at: number;
  /** Ids of the questions that a kill left without an end. */
  readonly interrupted: readonly string[];
  readonly discord: readonly StoredDiscordChannel[];
  readonly contents: StoreContents;
}

export const FIXTURES = resolve("test/fixtures/stores");

/** The versions that have left stores here, as "v0.1". */
export const fixtureVersions = (): readonly string[] =>
  readdirSync(FIXTURES, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/**
 * Providers as the fixtures' bots knew them. A list belongs to its provider's address: nobody listens there while a
 * test runs, so that what is shown is what was stored. Each kind has its own, so that all can be made side by side.
 */
export function listSources(kind: StoreKind): readonly ListSource[] {
  const port = 47_101 + 2 * STORE_KINDS.indexOf(kind);
  return [
    { id: "openai", baseUrl: `http://127.0.0.1:${port}/v1`, key: FAKE_OPENAI_KEY },
    { id: "anthropic", baseUrl: `http://127.0.0.1:${port + 1}`, key: FAKE_ANTHROPIC_KEY },
  ];
}

/** The variables that configure these providers. */
export const providerVariables = (kind: StoreKind): Record<string, string> =>
  Object.fromEntries(
    listSources(kind).flatMap(({ id, baseUrl, key }) => [
      [`${id.toUpperCase()}_API_KEY`, key],
      [`${id.toUpperCase()}_BASE_URL`, baseUrl],
    ]),
  );

export const expectedOf = (version: string, kind: StoreKind): ExpectedStore =>
  JSON.parse(readFileSync(join(FIXTURES, version, `${kind}.expected.json`), "utf8"));

/**
 * Copies a SQLite fixture, with the WAL that a crash has left beside it, into a folder of its own below `parent`, and
 * returns its URL. Never over an earlier copy: libsql may hold that open after its close.
 */
export function copySqlite(version: string, name: string, parent: string): string {
  const folder = mkdtempSync(join(parent, "store-"));
  for (const end of ["", "-wal"]) {
    const from = join(FIXTURES, version, `${name}.sqlite${end}`);
    if (existsSync(from)) copyFileSync(from, join(folder, `${name}.sqlite${end}`));
  }
  return `sqlite://${join(folder, `${name}.sqlite`)}`;
}

const linesOf = (version: string, name: string) =>
  readFileSync(join(FIXTURES, version, name), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);

/** A key of Redis with what it holds. */
export type RedisLine = { readonly key: string; readonly ttlMs: number | null } & (
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "hash"; readonly value: Readonly<Record<string, string>> }
  | { readonly type: "zset"; readonly value: readonly { readonly value: string; readonly score: number }[] }
);

/** Fills a Redis server with the fixture and nothing else. */
export async function loadRedis(version: string, url: string): Promise<void> {
  const client = createClient({ url });
  client.on("error", () => {}); // the call that failed throws the same error
  await client.connect();
  await client.flushAll();
  for (const line of linesOf(version, "redis.jsonl") as RedisLine[]) {
    if (line.type === "string") await client.set(line.key, line.value);
    else if (line.type === "hash") await client.hSet(line.key, line.value);
    else await client.zAdd(line.key, [...line.value]);
    if (line.ttlMs !== null) await client.pExpire(line.key, line.ttlMs);
  }
  client.destroy();
}

/** A statement, or a row of a table. */
export type PostgresLine =
  | { readonly sql: string }
  | { readonly table: string; readonly row: Readonly<Record<string, unknown>> };

/** Fills a PostgreSQL database with the fixture and nothing else. */
export async function loadPostgres(version: string, url: string): Promise<void> {
  const pool = new Pool({ connectionString: url });
  await pool.query("drop schema public cascade; create schema public");
  for (const line of linesOf(version, "postgres.jsonl") as PostgresLine[]) {
    if ("sql" in line) await pool.query(line.sql);
    else {
      const places = Object.keys(line.row).map((_, index) => `$${index + 1}`);
      const text = `insert into ${line.table} (${Object.keys(line.row)}) values (${places})`;
      await pool.query(text, Object.values(line.row));
    }
  }
  await pool.end();
}

/** Puts the channels and messages back into a fake Discord, under their own ids. */
export function seedDiscord(discord: FakeDiscord, channels: readonly StoredDiscordChannel[]): void {
  const { world } = discord;
  const ids = channels.flatMap(({ id, messages }) => [id, ...messages.map((message) => message.id)]).map(BigInt);
  const last = ids.reduce((most, id) => (id > most ? id : most), 0n);
  while (BigInt(world.newId()) <= last); // so that no id is given a second time
  for (const { id, name, messages } of channels) {
    const channel = world.addChannel(name, { type: 0, guildId: GUILD_ID }, id);
    for (const { marks, ...message } of messages) {
      const reactions = new Map(marks.map((mark) => [mark, new Set([BOT_ID])]));
      world.addMessage(channel, { ...message, reactions });
    }
  }
}
