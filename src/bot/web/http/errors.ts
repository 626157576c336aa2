import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { AppError } from "../../../base/errors.js";
import type { Log } from "../../../base/log.js";
import { HttpError } from "./http-error.js";

/** Turns anything thrown into JSON: a refusal as it is, everything else as an id whose details only the log has. */
export const answerError = (log: Log) => (error: unknown, context: Context) => {
  if (error instanceof HttpError) return context.json({ error: error.message }, error.status);
  const id = randomUUID();
  log.error({ error, id, method: context.req.method, path: context.req.path }, "a request failed");
  const isPassing = error instanceof AppError && error.isRetryable;
  const text = isPassing ? "This did not work just now; try again." : "Something went wrong.";
  return context.json({ error: text, id }, isPassing ? 503 : 500);
};
