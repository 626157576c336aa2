import { createHash } from "node:crypto";
import { z } from "zod";
import type { CatalogEntry } from "./catalog-types.js";

const time = z.number().nullable();
const count = z.number().nonnegative();

const model = z.object({
  id: z.string().min(1),
  name: z.string().exactOptional(),
  contextTokens: count.exactOptional(),
  outputTokens: count.exactOptional(),
  inputPrice: count.exactOptional(),
  outputPrice: count.exactOptional(),
  input: z.array(z.enum(["text", "image"])).exactOptional(),
  releasedAt: z.number().exactOptional(),
  isChat: z.boolean(),
});

const entry = z.object({
  identity: z.string(),
  models: z.array(model),
  fetchedAt: time,
  attemptedAt: time,
  outcome: z
    .enum(["ok", "timeout", "auth", "rate-limited", "http", "network", "malformed", "empty", "suspicious"])
    .nullable(),
  consecutiveFailures: count,
  failingSince: time,
  lastFailure: z.string().nullable(),
  retryAfterAt: time,
  missing: z.array(z.object({ model, misses: count, lastListedAt: z.number() })).exactOptional(),
  droppedRows: count.exactOptional(),
  validators: z
    .object({ etag: z.string().exactOptional(), lastModified: z.string().exactOptional(), readAt: z.number() })
    .exactOptional(),
  pending: z.object({ models: z.array(z.string()), answeredAt: z.number() }).exactOptional(),
  refused: z
    .array(
      z.object({ model: z.string(), as: z.enum(["unknown-model", "not-usable"]), at: z.number(), isGone: z.boolean() }),
    )
    .exactOptional(),
});

/** A stored row of the table "models"; undefined where it is not one. */
export function readEntry(value: unknown): CatalogEntry | undefined {
  const parsed = entry.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** What a list belongs to: provider, address and key, as a hash that gives nothing of them away. */
export function identityOf(source: { id: string; baseUrl: string; key?: string | undefined }): string {
  const whole = JSON.stringify([source.id, source.baseUrl, source.key ?? null]);
  return `${source.id}:${createHash("sha256").update(whole).digest("hex").slice(0, 32)}`;
}
