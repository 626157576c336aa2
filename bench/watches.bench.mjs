// What a change of a list costs where 200 channels watch and 1,000 conversations are pinned: comparing two lists of 10,000
// models, comparing a change with the watches, writing a message, and counting the pins that a retirement affects, in the
// background. Medians of 21 rounds in ms; `changed` is how many models changed.
import { performance } from "node:perf_hooks";
import { createPinCensus } from "#bot/bot/status/pin-census.js";
import { watchMessage } from "#bot/bot/watch/watch-message.js";
import { modelChangesBetween } from "#bot/refresh/catalog/change-log.js";
import { cleanEntry, nextEntry } from "#bot/refresh/catalog/next-entry.js";
import { gatherChanges } from "#bot/refresh/watch/gather-changes.js";
import { fitsWatches } from "#bot/refresh/watch/watch-rows.js";
import { createModelFacts } from "#bot/usage/model-facts.js";

const ROUNDS = 21;
const MODELS = 10_000;
const WATCHES = 200;
const PINS = 1_000;
const round = (ms) => Math.round(ms * 1_000) / 1_000;

/** @param {() => unknown} work */
function median(work) {
  const times = [];
  for (let index = 0; index < ROUNDS; index++) {
    const begunAt = performance.now();
    work();
    times.push(performance.now() - begunAt);
  }
  return round(times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0);
}

/** Counts the conversations that are pinned to one of 100 models which have left their list. */
async function countPins() {
  const rows = Array.from({ length: PINS }, (_, index) => {
    const pin = { provider: "openrouter", model: model(index).id, at: 1, by: "Ada" };
    const rest = { system: null, firstTurn: 0, nextTurn: 1, startedAt: 0, updatedAt: 1, answeredAt: 1 };
    return /** @type {const} */ ([`slack:T1:C${index}`, { pin, ...rest }]);
  });
  const listed = nextEntry(
    cleanEntry("i"),
    { outcome: "ok", models: Array.from({ length: MODELS }, (_, index) => model(index)) },
    { attemptedAt: 1, answeredAt: 1 },
  );
  const missing = Array.from({ length: 100 }, (_, index) => ({ model: model(index), since: 1, lists: 2 }));
  const models = listed.models.slice(100);
  const snapshot = { providers: new Map([["openrouter", { ...listed, models, missing }]]), fetching: new Set() };
  const page = async (/** @type {string} */ _prefix, /** @type {{ before?: string | undefined }} */ { before }) => ({
    entries: before === undefined ? rows.slice(PINS / 2) : rows.slice(0, PINS / 2),
    before: before === undefined ? "half" : undefined,
  });
  let now = 1;
  const census = createPinCensus(
    /** @type {import("#bot/bot/status/pin-census.js").PinCensusDeps} */ (
      /** @type {unknown} */ ({
        store: { values: () => ({ page }) },
        refresher: { snapshot: () => snapshot },
        allowed: { snapshot: () => snapshot },
        modelFacts: createModelFacts(),
        clock: { now: () => (now += 7_200_000) },
        log: { warn: (/** @type {object} */ fault) => Promise.reject(fault) },
      })
    ),
  );
  const times = [];
  for (let index = 0; index < ROUNDS; index++) {
    const begunAt = performance.now();
    await census.tick();
    times.push(performance.now() - begunAt);
  }
  const [affected] = [census.affectedPins("slack:T1").length];
  return { pins: PINS, affected, countMs: round(times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0) };
}

/** A word of letters, as vendors call a family. */
const familyName = (/** @type {number} */ index) =>
  [...String(index)].map((digit) => "bcdfghjklm"[Number(digit)] + "aeiou"[Number(digit) % 5]).join("");

const model = (/** @type {number} */ index) => ({
  ...{ id: `vendor-${index % 50}/${familyName(index % 400)}-${index}`, isChat: true, contextTokens: 128_000 },
  ...{ inputPrice: 1, outputPrice: 5, releasedAt: index * 1_000 },
});

/** @param {(line: object) => void} print */
export async function run(print) {
  const patterns = ["*", "openrouter/*", "*/vendor-7*", "*mini*", "anthropic/claude-*"];
  const watches = Array.from({ length: WATCHES }, (_, index) => [
    { pattern: patterns[index % patterns.length] ?? "*", kind: /** @type {const} */ ("all"), by: "Ada", at: 1 },
  ]);
  const modelFacts = createModelFacts();
  const models = Array.from({ length: MODELS }, (_, index) => model(index));
  const times = { attemptedAt: 2, answeredAt: 2 };
  const before = nextEntry(cleanEntry("i"), { outcome: "ok", models }, { attemptedAt: 1, answeredAt: 1 });
  for (const changed of [1, 100]) {
    const list = [...models, ...Array.from({ length: changed }, (_, index) => model(MODELS + index))];
    const after = nextEntry(before, { outcome: "ok", models: list }, times);
    const changes = modelChangesBetween("openrouter", before, after, 2);
    const snapshot = { providers: new Map([["openrouter", after]]), fetching: new Set() };
    const { lines } = gatherChanges(changes, {}, 2);
    print({
      ...{ models: MODELS, watches: WATCHES, changed },
      compareMs: median(() => modelChangesBetween("openrouter", before, after, 2)),
      matchMs: median(() => watches.map((own) => changes.filter((change) => fitsWatches(own, change)))),
      messageMs: median(() => watchMessage({ snapshot, modelFacts }, { lines, more: 0, watches: watches[0] ?? [] })),
    });
  }
  print(await countPins());
}
