import { messageOf } from "../base/errors.js";
import { type ClaimTerms, StoreError } from "./store.js";

/** What reading a row gives whose text is not what `encodeRow` makes; no schema takes it. */
export const DAMAGED = Symbol("damaged row");

/**
 * A value as Keyv stores it, so that rows written past Keyv, inside a transaction, read back through it.
 * @throws {StoreError} when the value is not JSON
 */
export function encodeRow(value: unknown): string {
  if (value === undefined) throw new StoreError("undefined is not a value");
  try {
    return JSON.stringify({ value });
  } catch (error) {
    throw new StoreError(`the value is not JSON: ${messageOf(error)}`, error);
  }
}

/** Whether a stored text is the row of a value that was read from it. */
export const isRow = (text: unknown, value: unknown): boolean => value !== undefined && text === encodeRow(value);

/**
 * The value of a row, or DAMAGED. An expiry that Keyv or a hand has put there is ignored: nothing stored ever
 * expires.
 */
export function decodeRow(text: unknown): unknown {
  try {
    const row: unknown = typeof text === "string" ? JSON.parse(text) : undefined;
    return typeof row === "object" && row !== null && "value" in row ? row.value : DAMAGED;
  } catch {
    return DAMAGED; // whoever reads the row says so
  }
}

/**
 * What every store can take: SQLite gives a text with NUL back cut short, PostgreSQL refuses it, and a lone surrogate
 * has no UTF-8 form, so that two keys would become one.
 * @throws {StoreError} for any other key
 */
export function checkKey(key: string): string {
  if (key === "") throw new StoreError("a key is a text that is not empty");
  if (/[\0\p{Surrogate}]/u.test(key)) throw new StoreError(`the key ${JSON.stringify(key)} holds an invalid character`);
  return key;
}

/** @throws {StoreError} for a lease that would protect nobody */
export function checkTerms({ ttlMs, minIntervalMs = 0, minIntervalAfterLossMs = 0 }: ClaimTerms): void {
  if (!(ttlMs > 0) || !(minIntervalMs >= 0) || !(minIntervalAfterLossMs >= 0))
    throw new StoreError("a claim needs ttlMs above 0 and no negative interval");
}
