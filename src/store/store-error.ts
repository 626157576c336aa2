import { AppError, messageOf } from "../base/errors.js";

/** The store did not do what it was asked; nothing was changed. */
export class StoreError extends AppError {
  constructor(what: string, cause?: unknown, isRetryable = true) {
    super("store", `The store failed: ${what}`, { cause, isRetryable });
  }
}

/** Whether a call may succeed the next time. One that wrote may have been done anyway: its answer was lost. */
export const isPassingStoreError = (error: unknown): boolean => error instanceof StoreError && error.isRetryable;

/** One row is not what it was stored as: no patience heals it, and everything else goes on. */
export class DamagedRowError extends StoreError {
  constructor(what: string, cause?: unknown) {
    super(`${what} is damaged`, cause, false);
  }
}

/**
 * Runs a call of a driver, naming in the error what was being done.
 * @throws {StoreError} for whatever the driver throws
 */
export async function translated<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StoreError ? error : new StoreError(`${what}: ${messageOf(error)}`, error);
  }
}
