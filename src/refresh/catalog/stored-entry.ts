import { createHash } from "node:crypto";
import { z } from "zod";

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

const facts = z.object({
  identity: z.string(),
  list: z.number().exactOptional(),
  models: z.array(model).exactOptional(),
  fetchedAt: time,
  attemptedAt: time,
  outcome: z
    .enum(["ok", "timeout", "auth", "rate-limited", "http", "network", "malformed", "empty", "suspicious"])
    .nullable(),
  consecutiveFailures: count,
  failingSince: time,
  lastFailure: z.string().nullable(),
  failureStatus: z.number().exactOptional(),
  retryAfterAt: time,
  missing: z.array(z.object({ model, misses: count, lastListedAt: z.number() })).exactOptional(),
  droppedRows: count.exactOptional(),
  validators: z
    .object({
      etag: z.string().exactOptional(),
      lastModified: z.string().exactOptional(),
      digest: z.string().exactOptional(),
      readAt: z.number(),
    })
    .exactOptional(),
  pending: z.object({ models: z.array(z.string()), answeredAt: z.number() }).exactOptional(),
  refused: z
    .array(
      z.object({ model: z.string(), as: z.enum(["unknown-model", "not-usable"]), at: z.number(), isGone: z.boolean() }),
    )
    .exactOptional(),
});

/**
 * What is stored of an entry besides its list, and the fence that the list was stored under. Versions before wrote the
 * `models` themselves instead.
 */
export type StoredFacts = Readonly<z.infer<typeof facts>>;

/** The row of a provider; undefined where it is not one. */
export function readFacts(value: unknown): StoredFacts | undefined {
  const parsed = facts.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

const list = z.object({ fence: z.number(), models: z.array(model) });

/** The row of a provider's list; undefined where it is not one. */
export function readList(value: unknown): Readonly<z.infer<typeof list>> | undefined {
  const parsed = list.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** What a list belongs to: provider, address and key, as a hash that gives nothing of them away. */
export function identityOf(source: { id: string; baseUrl: string; key?: string | undefined }): string {
  const whole = JSON.stringify([source.id, source.baseUrl, source.key ?? null]);
  return `${source.id}:${createHash("sha256").update(whole).digest("hex").slice(0, 32)}`;
}
