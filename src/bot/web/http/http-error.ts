import { UserError } from "../../../base/errors.js";

export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 429 | 503;

/** A request that cannot be served as it is; its message goes to the caller. */
export class HttpError extends UserError {
  readonly status: ErrorStatus;

  constructor(status: ErrorStatus, message: string) {
    super(message);
    this.status = status;
  }
}
