import { messageOf } from "../base/errors.js";
import { StoreError } from "./store-error.js";

/** What reading a row gives whose text is not what `encodeRow` makes. */
export const DAMAGED = Symbol("damaged row");

/**
 * A value as Keyv stores it, so that rows written past Keyv, inside a transaction, read back through it.
 * @throws {StoreError} when the value is no JSON
 */
export function encodeRow(value: unknown): string {
  if (value === undefined) throw new StoreError("undefined is no value");
  try {
    return JSON.stringify({ value });
  } catch (error) {
    throw new StoreError(`the value is no JSON: ${messageOf(error)}`, error);
  }
}

/** Whether a stored text is the row of a value that was read from it. */
export const isRow = (text: unknown, value: unknown): boolean => value !== undefined && text === encodeRow(value);

/** The value of a row, or DAMAGED. An expiry that Keyv or a hand has put there is ignored: nothing stored ever expires. */
export function decodeRow(text: unknown): unknown {
  try {
    const row: unknown = typeof text === "string" ? JSON.parse(text) : undefined;
    return typeof row === "object" && row !== null && "value" in row ? row.value : DAMAGED;
  } catch {
    return DAMAGED; // whoever reads the row says so, or leaves it out
  }
}
