import { type ModelInfo, ProviderError, type ProviderId } from "../provider.js";

/** The largest real list today (OpenRouter, gateways) has some hundred rows; more than this is a fault. */
export const MAX_MODELS = 10_000;

const MAX_ID_CHARS = 200;
const MAX_NAME_CHARS = 120;
/** More bad rows than this, and the answer as a whole is not believed. */
const MAX_BAD_SHARE = 0.2;

/** This many rows are read before whatever else waits gets its turn. */
const ROWS_AT_ONCE = 200;

export type ModelRow = Readonly<Record<string, unknown>>;

// biome-ignore lint/suspicious/noControlCharactersInRegex: an id with them cannot be shown or typed
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** True for an id that can be shown, typed and sent. */
export const isUsableId = (id: unknown): id is string =>
  typeof id === "string" && id.trim() === id && id !== "" && id.length <= MAX_ID_CHARS && !UNPRINTABLE.test(id);

/** A count of tokens; zero is a vendor's way to say that it does not know. */
export const tokens = (...values: readonly unknown[]) =>
  values.find((value): value is number => typeof value === "number" && Number.isInteger(value) && value > 0);

/** A name worth showing beside the id. */
export const displayName = (value: unknown, id: string) =>
  typeof value === "string" && value.trim() !== "" && value !== id && !UNPRINTABLE.test(value)
    ? value.trim().slice(0, MAX_NAME_CHARS)
    : undefined;

type LooseRow = Pick<ModelInfo, "id" | "isChat"> & { readonly [K in keyof ModelInfo]?: ModelInfo[K] | undefined };

/** Leaves unset fields out, so that a stored row holds nothing but facts. */
export function slim(fields: LooseRow): ModelInfo {
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) row[name] = value;
  return row as unknown as ModelInfo;
}

/**
 * Reads each row once; rows without a usable id are left out and counted.
 * @throws {ProviderError} `malformed` when more than a fifth of the rows is bad, or when there are too many
 */
export async function readRows(
  provider: ProviderId,
  rows: readonly unknown[],
  read: (row: ModelRow) => ModelInfo | undefined,
  warn: (message: string) => void,
): Promise<{ readonly models: readonly ModelInfo[]; readonly droppedRows: number }> {
  const malformed = (what: string) => new ProviderError(provider, "malformed", `${provider} sent a model list ${what}`);
  if (rows.length > MAX_MODELS) throw malformed(`of more than ${MAX_MODELS} models`);
  const models = new Map<string, ModelInfo>();
  let badRows = 0;
  for (const [index, row] of rows.entries()) {
    if (index % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
    const model = typeof row === "object" && row !== null ? read(row as ModelRow) : undefined;
    if (model === undefined) badRows += 1;
    else if (!models.has(model.id)) models.set(model.id, model);
  }
  if (badRows > rows.length * MAX_BAD_SHARE) {
    throw malformed(`in which ${badRows} of ${rows.length} rows have no usable id`);
  }
  if (badRows > 0) warn(`${provider}: left out ${badRows} of ${rows.length} models, which have no usable id`);
  return { models: [...models.values()], droppedRows: badRows };
}
