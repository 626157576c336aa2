// What keeps the order of a conversation over replicas: the bot's own lease with the line in the store, graphile-worker's
// named queues and pg-boss's singleton queues, on one PostgreSQL. Three replicas; each question comes to any of them.
// First without faults (latency, writes), the bot's own also in one process, then with a kill -9 every 5 s (order, exactly
// once). ENGINES=own,graphile-worker,pg-boss chooses; QUESTIONS: how many with kills.

import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { hasPeers } from "./peers.mjs";
import { STORES } from "./store-servers.mjs";

const REPLICAS = 3;
const CONVERSATIONS = 60;
const EVERY_MS = 50;
const KILL_MS = 5_000;
/** As many as a 99th percentile needs. */
const CALM_QUESTIONS = 1_200;
const QUESTIONS = Number(process.env.QUESTIONS ?? 1_000);
const PATIENCE_MS = 60_000;
const ENGINES = (process.env.ENGINES ?? "own,graphile-worker,pg-boss").split(",");
const engines = createRequire(new URL("package.json", import.meta.url));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export async function run(print) {
  // The own one in PostgreSQL is looked at with a peer's driver, too.
  if (!(await hasPeers(print))) return;
  for (const engine of ENGINES) {
    const { url, close } = await STORES.postgres();
    const calm = { engine, url, count: CALM_QUESTIONS, withKills: false };
    try {
      if (engine === "own") print({ engine, faults: "none", replicas: 1, ...(await scene({ ...calm, replicas: 1 })) });
      print({ engine, faults: "none", ...(await scene({ ...calm, replicas: REPLICAS })) });
      const killed = { engine, url, count: QUESTIONS, withKills: true, replicas: REPLICAS };
      if (QUESTIONS > 0) print({ engine, faults: "kill -9 every 5 s", ...(await scene(killed)) });
    } finally {
      await close();
    }
  }
}

async function scene({ engine, url, count, withKills, replicas: size }) {
  const pool = new (engines("pg").Pool)({ connectionString: url });
  pool.on("error", () => {}); // the server may end before its connections have
  const state = { asked: new Map(), begun: [], ended: new Map(), repeated: 0, stored: new Set(), failures: [] };
  const replicas = await Promise.all(Array.from({ length: size }, () => startReplica(engine, url, state, size)));
  const before = await rowsChanged(pool);
  let killedAt = Date.now();
  let victim = 0;
  let starting = Promise.resolve();
  const name = `${engine}-${withKills}-${size}`;
  for (let number = 0; number < count; number++) {
    const conversation = `${name}-c${number % CONVERSATIONS}`; // what an earlier scene left open is not of this one
    const question = { id: `${conversation}:${name}-${number}`, conversation, number };
    state.asked.set(question.id, Date.now());
    send(replicas[number % size], question, replicas, state);
    await pause(EVERY_MS);
    if (!withKills || Date.now() - killedAt < KILL_MS) continue;
    killedAt = Date.now();
    const index = victim++ % size;
    await starting;
    replicas[index].kill("SIGKILL");
    if (engine === "graphile-worker") void freeLocks(pool);
    starting = startReplica(engine, url, state, size).then((replica) => {
      replicas[index] = replica;
    });
  }
  await starting;
  const until = Date.now() + PATIENCE_MS;
  while (state.ended.size < count && Date.now() < until) await pause(100);
  const changed = (await rowsChanged(pool)) - before;
  for (const replica of replicas) replica.kill("SIGKILL");
  await pool.end();
  return outcome(state, count, changed);
}

/** A question that a killed replica has not acknowledged is delivered again. */
function send(replica, question, replicas, state) {
  const again = () => {
    if (!state.stored.has(question.id))
      send(replicas[Math.floor(Math.random() * replicas.length)], question, replicas, state);
  };
  if (!replica.connected) return void setTimeout(again, 500);
  replica.once("exit", again);
  replica.send(question, () => {});
}

async function startReplica(engine, url, state, size) {
  const child = fork(new URL("lines-replica.mjs", import.meta.url), [engine, url, String(size)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  child.setMaxListeners(0);
  /** @type {Promise<void>} */
  const ready = new Promise((done, fail) => {
    child.once("exit", () => fail(new Error("a replica ended before it was ready")));
    child.on("message", (/** @type {any} */ { kind, ...question }) => {
      if (kind === "ready") done();
      else if (kind === "stored") state.stored.add(question.id);
      else if (kind === "failed") state.failures.push(question.error);
      else if (kind === "begun") state.begun.push({ ...question, at: Date.now() });
      else if (kind === "answered" || kind === "interrupted") {
        if (state.ended.has(question.id)) state.repeated += 1;
        else state.ended.set(question.id, kind);
      }
    });
  });
  await ready;
  return child;
}

/** As the bot would have to, which knows by its heartbeats who is no more: the engine itself waits for four hours. */
async function freeLocks(pool) {
  await pause(1_000);
  const locked =
    "select distinct locked_by from graphile_worker._private_jobs where locked_at < now() - interval '1 s'";
  const { rows } = await pool.query(locked);
  await pool.query("select graphile_worker.force_unlock_workers($1)", [rows.map((row) => row.locked_by)]);
}

async function rowsChanged(pool) {
  await pause(1_500); // PostgreSQL counts with a delay
  const sum =
    "select sum(n_tup_ins + n_tup_upd + n_tup_del)::int as rows from pg_stat_all_tables where schemaname !~ '^pg_'";
  return (await pool.query(sum)).rows[0].rows;
}

function outcome({ asked, begun, ended, repeated, failures }, count, changed) {
  const last = new Map();
  let inversions = 0;
  for (const { conversation, number } of begun) {
    if ((last.get(conversation) ?? -1) > number) inversions += 1;
    last.set(conversation, Math.max(number, last.get(conversation) ?? -1));
  }
  const waits = begun.map(({ id, at }) => at - asked.get(id)).sort((a, b) => a - b);
  const at = (share) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))];
  const interrupted = [...ended.values()].filter((kind) => kind === "interrupted").length;
  return {
    ...{
      questions: count,
      answered: ended.size - interrupted,
      interrupted,
      lost: count - ended.size,
      repeated,
      inversions,
    },
    ...{ p50Ms: at(0.5), p99Ms: at(0.99), rowsPerQuestion: Math.round((changed / count) * 10) / 10 },
    failures: failures.length,
    ...(failures.length > 0 && { firstFailure: failures[0] }),
  };
}
