// One replica of the lines bench: `node lines-replica.mjs ENGINE URL REPLICAS`. The parent sends the questions that come to it.

import { createRequire } from "node:module";
import { systemClock as clock } from "#bot/base/clock.js";
import { createTurnQueue, GaveWay, withLease } from "#bot/bot/turn/line/conversation-line.js";
import { openStore } from "#bot/store/open-store.js";
import { hasEnded, processOwner } from "#bot/store/process-owner.js";
import { storeDefinitions } from "#bot/store/registry.js";
import { createSessions } from "#bot/store/sessions/sessions.js";

const WORK_MS = 30;
const PEERS_MS = 1_000;
const CONCURRENCY = 24;
const [, , engine, url, size] = process.argv;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const tell = (kind, facts = {}) => process.send?.({ kind, ...facts });
const log = { debug() {}, info() {}, warn() {}, error: (fields) => console.error(fields) };
const engines = createRequire(new URL("./package.json", import.meta.url));

/** A kill after this mark leaves an answer that may be there: it is not asked for again. */
async function answer(question, mark) {
  if (!(await mark())) return tell("interrupted", question);
  tell("begun", question);
  await pause(WORK_MS);
  return tell("answered", question);
}

/** The bot's own: a line in this process, a lease and the stored questions over all. */
async function ownLine() {
  const store = await openStore(url, storeDefinitions);
  const sessions = createSessions({ store, now: clock.now });
  const owner = processOwner();
  const queue = createTurnQueue();
  const over = new AbortController();
  const isNext = async ({ id, conversation, at }) =>
    size === "1" ||
    (await sessions.openQuestions(`${conversation}:`)).every(
      ([otherId, other]) => other.owner === owner || other.at > at || (other.at === at && otherId >= id),
    );
  const run = (question) => async () => {
    const { id, conversation, at } = question;
    const terms = {
      signal: over.signal,
      onWait() {},
      isNext: () => isNext(question),
      mustGiveWay: () => queue.hasEarlier(conversation, { at, id }),
    };
    try {
      await withLease(
        {
          store,
          clock,
          log,
          hasPeers: () => true,
          findPeers: async () => true,
          defer: (_table, write) => void write(),
        },
        conversation,
        terms,
        async (lease) => {
          await answer(question, async () => {
            await sessions.noteAnswer(id, { message: id });
            return true;
          });
          await sessions.close(id, lease.endWith);
        },
      );
    } catch (error) {
      if (error instanceof GaveWay)
        queue.add(conversation, run(question), { place: { at, id }, isByTime: true, isMissed: true });
      else tell("failed", { ...question, error: String(error) });
    }
  };
  const recover = async () => {
    for (const [id, question] of await sessions.openQuestions()) {
      const { conversation, at, owner: from, text, answer: begun } = question;
      if (from === owner || !hasEnded(from)) continue;
      if (!(await sessions.adopt(id, from, owner))) continue;
      const found = { id, conversation, number: Number(text), at };
      if (begun === null) queue.add(conversation, run(found), { place: { at, id }, isByTime: true, isMissed: true });
      else await sessions.close(id).then(() => tell("interrupted", found));
    }
  };
  setInterval(() => void recover().catch(() => {}), PEERS_MS);
  return async ({ id, conversation, number }) => {
    const at = clock.now();
    const row = {
      conversation,
      message: id,
      owner,
      answer: null,
      author: "ada",
      text: String(number),
      at,
      ended: null,
    };
    if (await sessions.open(id, row))
      queue.add(conversation, run({ id, conversation, number, at }), { isMissed: true, place: { at, id } });
  };
}

const CREATE_MARKS = "create table if not exists bench_begun (id text primary key)";
/** What the engines need besides, to tell an answer that was begun. */
async function markIn() {
  const { Pool } = engines("pg");
  const pool = new Pool({ connectionString: url, max: 4 });
  await pool.query(CREATE_MARKS).catch(() => {}); // another replica is at it
  return async (id) =>
    (await pool.query("insert into bench_begun values ($1) on conflict do nothing", [id])).rowCount === 1;
}

async function graphileWorker() {
  const { run, makeWorkerUtils, Logger } = engines("graphile-worker");
  const mark = await markIn();
  const silent = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ connectionString: url, logger: silent });
  await utils.migrate();
  await run({
    ...{ connectionString: url, concurrency: CONCURRENCY, pollInterval: 500, noHandleSignals: true, logger: silent },
    taskList: { answer: (question) => answer(question, () => mark(question.id)) },
  });
  return (question) =>
    utils.addJob("answer", question, {
      queueName: question.conversation,
      jobKey: question.id,
      jobKeyMode: "preserve_run_at",
    });
}

async function pgBoss() {
  const PgBoss = engines("pg-boss");
  const mark = await markIn();
  const boss = new PgBoss({ connectionString: url, maintenanceIntervalSeconds: 1, monitorStateIntervalSeconds: 1 });
  boss.on("error", () => {});
  await boss.start();
  const expiry = { retryLimit: 20, retryDelay: 0, expireInSeconds: 5 };
  await boss.createQueue("questions", { name: "questions", policy: "singleton", ...expiry }).catch(() => {});
  for (let worker = 0; worker < CONCURRENCY; worker++)
    await boss.work("questions", { pollingIntervalSeconds: 0.5 }, async ([job]) =>
      answer(job.data, () => mark(job.data.id)),
    );
  return (question) => boss.send("questions", question, { singletonKey: question.conversation, ...expiry });
}

const take = await { own: ownLine, "graphile-worker": graphileWorker, "pg-boss": pgBoss }[engine]();
process.on("message", (/** @type {any} */ question) =>
  take(question).then(
    () => tell("stored", question),
    (error) => tell("failed", { ...question, error: String(error) }),
  ),
);
process.on("disconnect", () => process.exit(0));
tell("ready");
