import { type ModelInfo, ProviderError, type ProviderId } from "../provider.js";

/** The largest real list today (OpenRouter, gateways) has some hundred rows; more than this is a fault. */
export const MAX_MODELS = 10_000;

const MAX_ID_CHARS = 200;
const MAX_NAME_CHARS = 120;
/** More bad rows than these two, and the answer as a whole is not believed. */
const MAX_BAD_SHARE = 0.5;
const MAX_BAD_ROWS = 2;

/** Rows that are read in one turn of the event loop. */
const ROWS_AT_ONCE = 200;

export type ModelRow = Readonly<Record<string, unknown>>;

/** Characters that nobody sees or can type: controls, format marks, halves of a pair, every space but the plain one. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]|[^\S ]/u;

/** True for an id that can be shown, typed and sent. */
export const isUsableId = (id: unknown): id is string =>
  typeof id === "string" && id.trim() === id && id !== "" && id.length <= MAX_ID_CHARS && !INVISIBLE.test(id);

/**
 * True for what stands for many models: LiteLLM lists its routes, "*" and "openai/*", and what a key may use,
 * "all-team-models", as if they were models.
 */
const isPattern = (id: string): boolean => /\*|^(all-(team|proxy)-models|no-default-models)$/.test(id);

/** Returns the fields of a part of a row, none where it is no object. */
export const partOf = (value: unknown): ModelRow =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as ModelRow) : {};

/** A count of tokens; zero is a vendor's way to say that it does not know. */
export const tokens = (...values: readonly unknown[]) =>
  values.find((value): value is number => typeof value === "number" && Number.isInteger(value) && value > 0);

/** A time (epoch ms): a date as text, or seconds since 1970; undefined for anything else, and for 1970 itself. */
export function timeOf(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : typeof value === "number" ? value * 1_000 : Number.NaN;
  return Number.isFinite(time) && time > 0 ? time : undefined;
}

/** A name worth showing beside the id. */
export const displayName = (value: unknown, id: string) =>
  typeof value === "string" && value.trim() !== "" && value !== id && !INVISIBLE.test(value.trim())
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
 * Reads each row once; rows without a usable id are left out and counted, patterns left out.
 * @throws {ProviderError} `malformed` when more than half of the rows, and at least three, are bad, when all are, or
 *   when there are too many
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
    else if (!isPattern(model.id) && !models.has(model.id)) models.set(model.id, model);
  }
  const isMostlyBad = badRows > MAX_BAD_ROWS && badRows > rows.length * MAX_BAD_SHARE;
  if (isMostlyBad || (badRows > 0 && badRows === rows.length)) {
    throw malformed(`in which ${badRows} of ${rows.length} rows have no usable id`);
  }
  if (badRows > 0) warn(`${provider}: left out ${badRows} of ${rows.length} models, which have no usable id`);
  return { models: [...models.values()], droppedRows: badRows };
}

/**
 * Fields of a row in which vendors say when a model retires: Mistral's `deprecation`, in Azure's lists an object,
 * OpenRouter's `expiration_date`, LiteLLM's `deprecation_date`.
 */
export const RETIREMENT_FIELDS = [
  "deprecation",
  "deprecation_date",
  "deprecation_replacement_model",
  "deprecated",
  "expiration_date",
  "lifecycle_status",
  "retires_at",
];

type Retirement = { readonly [K in "retiresAt" | "isDeprecated" | "replacement"]: ModelInfo[K] | undefined };

export function readRetirement(row: ModelRow): Retirement {
  const { deprecation, deprecation_date, expiration_date, retires_at, deprecation_replacement_model: named } = row;
  const times = [deprecation, partOf(deprecation).inference, deprecation_date, expiration_date, retires_at];
  const isDeprecated = row.deprecated === true || /^deprecat/i.test(String(row.lifecycle_status));
  return {
    retiresAt: times.map(timeOf).find((time) => time !== undefined),
    isDeprecated: isDeprecated ? true : undefined,
    replacement: isUsableId(named) ? named : undefined,
  };
}
