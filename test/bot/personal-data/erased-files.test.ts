import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@keyv/redis";
import { Pool } from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.js";
import { createPersonalData } from "../../../src/bot/personal-data/personal-data.js";
import { createWatchRows } from "../../../src/refresh/watch/watch-rows.js";
import { createAudit } from "../../../src/store/audit.js";
import { postgresStore } from "../../../src/store/postgres/postgres.js";
import { redisStore } from "../../../src/store/redis/redis.js";
import { createSessions, type Turn } from "../../../src/store/sessions/sessions.js";
import { sqliteStore } from "../../../src/store/sqlite/sqlite.js";
import type { Store } from "../../../src/store/store.js";
import { createLedger } from "../../../src/usage/ledger.js";
import { createVotes } from "../../../src/usage/votes.js";
import { startPostgres } from "../../support/postgres-server.js";
import { startRedis } from "../../support/redis-server.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { entry } from "../../usage/entries.js";

const ADA = { platform: "discord", id: "4711", name: "CanaryName" };
const CANARIES = ["CanaryName", "canary-question", "canary-answer", "canary-quote", "canary-open"];
const OTHERS = "what-others-said";
const PLACES = ["discord:1:general", "discord:1:random", "discord:2:help", "discord:dm:d1"];

const redis = await startRedis();
const postgres = await startPostgres();
const folder = temporaryFolder();
afterAll(async () => {
  await Promise.all([redis?.remove(), postgres?.remove()]);
  folder.remove();
});

/** All that a store holds, as its server or its files give it away. */
type Dump = () => Promise<string>;

const filesOf = (path: string): Dump => {
  return async () =>
    readdirSync(path)
      .map((name) => readFileSync(join(path, name)).toString("latin1"))
      .join("\n");
};

/** Every key with its value, past the store's own reading. */
const redisDump: Dump = async () => {
  const raw = createClient({ url: redis?.url ?? "" });
  raw.on("error", () => {}); // the server may go first at the end
  await raw.connect();
  try {
    const parts: string[] = [];
    for (const key of await raw.keys("*")) parts.push(key, String(await raw.sendCommand(["DUMP", key])));
    const strings = (await raw.keys("evergreen:*")).map(async (key) => raw.get(key).catch(() => ""));
    return [...parts, ...(await Promise.all(strings))].join("\n");
  } finally {
    raw.destroy();
  }
};

const postgresDump: Dump = async () => {
  const pool = new Pool({ connectionString: postgres?.url, max: 1 });
  pool.on("error", () => {}); // the server may go first at the end
  try {
    const { rows: tables } = await pool.query("select tablename from pg_tables where schemaname = 'public'");
    const dumps: string[] = [];
    for (const { tablename } of tables)
      dumps.push(JSON.stringify((await pool.query(`select * from "${tablename}"`)).rows));
    return dumps.join("\n");
  } finally {
    await pool.end();
  }
};

const turn = (message: string, authorId: string, author: string, text: string): Turn => ({
  question: { message, author, authorId, text, at: 1 },
  answer: authorId === ADA.id ? "canary-answer" : OTHERS,
  shownIn: `${message}-answer`,
  ending: "done",
  provider: "openai",
  model: "gpt-5",
  usage: null,
  endedAt: 2,
});

/** Somebody who asked in three channels and a direct message, chose, watched, changed a setting, voted, was quoted. */
async function populate(store: Store): Promise<void> {
  const { now } = systemClock;
  const sessions = createSessions({ store, now });
  const ledger = createLedger({ store, clock: systemClock });
  const pin = { provider: "openai", model: "gpt-5", at: 1, by: ADA.name };
  for (const [index, place] of PLACES.entries()) {
    await sessions.take(place, turn(`m${index}`, ADA.id, ADA.name, `canary-question ${index}`));
    const bob = turn(`b${index}`, "9", "Bob", OTHERS);
    const sent = `In reply to ${ADA.name}:\n> canary-quote\n\n${OTHERS}`;
    await sessions.take(place, { ...bob, question: { ...bob.question, sent } });
    await sessions.change(place, (before) => ({ ...before, pin, systemNews: ADA.name }));
    const used = entry({ id: `q${index}`, at: now(), platform: "discord", user: { id: ADA.id, name: ADA.name } });
    await store.write([ledger.writeOf(used)]);
    await sessions.open(`open${index}`, {
      ...{ conversation: place, message: {}, owner: "me", authorId: ADA.id, answer: null, author: ADA.name },
      ...{ text: "canary-open", at: 1, ended: "done" as const },
    });
  }
  const by = { platform: "discord", workspace: "discord:1", conversation: PLACES[0] ?? "", isDirect: false, user: ADA };
  await createAudit({ store, now }).note(by, "settings", { what: "footer", after: "on" });
  const watch = { pattern: "*", kind: "all", by: ADA.name, at: 1 } as const;
  await createWatchRows(store).change("discord:1:general", () => ({ isDirect: false, watches: [watch] }));
  const vote = { at: now(), workspace: "discord:1", platform: "discord", userId: ADA.id, isGood: true };
  await createVotes({ store, clock: systemClock }).cast(
    { ...vote, provider: "openai", model: "gpt-5" },
    { conversation: PLACES[0] ?? "", message: "m0-answer" },
  );
}

describe.each([
  [
    "the files of SQLite",
    { definition: sqliteStore, url: `sqlite://${folder.path}/canary.sqlite`, dump: filesOf(folder.path) },
  ],
  ["a dump of Redis", { definition: redisStore, url: redis?.url, dump: redisDump }],
  ["a dump of PostgreSQL", { definition: postgresStore, url: postgres?.url, dump: postgresDump }],
])("%s", (_what, { definition, url, dump }) => {
  it.skipIf(url === undefined)("hold nothing of a person who had all of theirs erased, and all of others", async () => {
    const store = await definition.open(url ?? "");
    const log = { info() {}, warn() {} };
    const personalData = createPersonalData({ store, clock: systemClock, log, surfaces: [], forgetImages() {} });
    await populate(store);
    const before = await dump();
    for (const canary of CANARIES) expect(before).toContain(canary);
    expect(await personalData.erase(ADA)).toEqual({ questions: 4, usageEntries: 4 });
    const after = await dump();
    for (const canary of CANARIES) expect(after, canary).not.toContain(canary);
    expect(after).toContain(OTHERS);
    expect(await personalData.summary(ADA)).toMatchObject({ questions: 0, usageEntries: 0, choices: 0, votes: 0 });
    await store.close();
    const closed = await dump();
    for (const canary of CANARIES) expect(closed, canary).not.toContain(canary);
  });
});
