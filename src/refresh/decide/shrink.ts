import { plural } from "../../languages/translate.js";
import type { CatalogEntry, ListAnswer } from "../catalog/catalog-entry.js";

/** A list that keeps less than that of its chat models looks wrong. */
const LEAST_KEPT_SHARE = 0.5;
/**
 * Two answers agree when they have that share of all their models in common: real lists move a little between
 * fetches.
 */
const AGREEING_SHARE = 0.8;

/**
 * Holds a list back that has shrunk by more than half, until a second answer in a row of lists agrees. Chat models are
 * what counts: they are what people choose from, while the rest of a mixed list comes and goes unseen.
 */
export function holdBack(before: CatalogEntry, answer: ListAnswer): ListAnswer {
  if (answer.outcome !== "ok" || answer.models === before.models) return answer;
  const had = chatIds(before.models).length;
  const pending = chatIds(answer.models);
  if (pending.length >= had * LEAST_KEPT_SHARE) return answer;
  if (before.pending !== undefined && isAgreed(before.pending.models, pending)) return answer;
  return {
    outcome: "suspicious",
    message:
      `It returned ${plural(pending.length, "chat model")} (last good list: ${had}). I'll accept that if ` +
      "the next fetch confirms it",
    retryAfterMs: null,
    pending,
  };
}

const chatIds = (models: CatalogEntry["models"]) => models.filter(({ isChat }) => isChat).map(({ id }) => id);

function isAgreed(first: readonly string[], second: readonly string[]): boolean {
  const known = new Set(first);
  const common = second.filter((id) => known.has(id)).length;
  const all = known.size + second.length - common;
  return all === 0 || common / all >= AGREEING_SHARE;
}
