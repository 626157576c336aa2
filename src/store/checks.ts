import type { ClaimTerms } from "./store.js";
import { StoreError } from "./store-error.js";

/**
 * What every store can take: SQLite gives a text with NUL back cut short, PostgreSQL refuses it, and a lone surrogate
 * has no UTF-8 form, so that two keys would become one.
 * @throws {StoreError} for any other key
 */
export function checkKey(key: string): string {
  if (key === "") throw new StoreError("a key is a text that is not empty");
  if (/[\0\p{Surrogate}]/u.test(key)) throw new StoreError(`the key ${JSON.stringify(key)} holds what is no character`);
  return key;
}

/** @throws {StoreError} for a lease that would protect nobody */
export function checkTerms({ ttlMs, minIntervalMs = 0, minIntervalAfterLossMs = 0 }: ClaimTerms): void {
  if (!(ttlMs > 0) || !(minIntervalMs >= 0) || !(minIntervalAfterLossMs >= 0))
    throw new StoreError("a claim needs ttlMs above 0 and no negative interval");
}
