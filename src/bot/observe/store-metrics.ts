import { Counter, type Registry } from "prom-client";
import type { StoreObserver } from "./observed-store.js";

/** The store: calls that failed, claims that were won and lost. */
export function storeMetrics(registry: Registry): StoreObserver {
  const registers = [registry];
  const errors = new Counter({
    name: "evergreen_store_errors_total",
    help: "Calls to the store that failed",
    labelNames: ["operation"],
    registers,
  });
  const claims = new Counter({
    name: "evergreen_claims_total",
    help: "Claims in the store, won or lost to another replica or an earlier refresh",
    labelNames: ["kind", "result"],
    registers,
  });
  // So that a rate is known before the first failure.
  for (const operation of ["read", "write", "claim", "commit"]) errors.inc({ operation }, 0);
  return {
    onCall(operation, isDone) {
      if (!isDone) errors.inc({ operation });
    },
    onClaim: (kind, isWon) => claims.inc({ kind, result: isWon ? "won" : "lost" }),
  };
}
