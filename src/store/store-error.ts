import { AppError, messageOf } from "../errors.js";

/** The store did not do what it was asked; nothing was changed. */
export class StoreError extends AppError {
  constructor(what: string, cause?: unknown) {
    super("store", `The store failed: ${what}`, { cause, isRetryable: true });
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
