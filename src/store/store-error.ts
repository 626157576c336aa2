import { AppError } from "../errors.js";

/** The store did not do what it was asked; nothing was changed. */
export class StoreError extends AppError {
  constructor(what: string, cause?: unknown) {
    super("store", `The store failed: ${what}`, { cause, isRetryable: true });
  }
}
