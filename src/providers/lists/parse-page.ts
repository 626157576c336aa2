/** What vendors call the name by which a chat calls a model, the surest first. */
export const ID_FIELDS = ["id", "model", "model_id", "modelId", "model_name", "slug", "name"] as const;

export interface ParseTerms {
  /** Fields of a row that are read; a dot leads into a part, as "pricing.prompt". */
  readonly fields: readonly string[];
  readonly maxRows: number;
  /** Digest of a body that need not be read again. */
  readonly known?: string | undefined;
}

/** What a body was: the known one, no JSON at all, no list, or a list with what is read of its rows. */
export type ParsedPage =
  | { readonly kind: "known" }
  | { readonly kind: "no-json"; readonly isWebPage: boolean }
  | { readonly kind: "no-list"; readonly body: unknown }
  | { readonly kind: "too-long" }
  | {
      readonly kind: "list";
      /** What names the next page. */
      readonly rest: Readonly<Record<string, unknown>>;
      readonly rows: readonly unknown[];
      /** Differs for every other body. */
      readonly digest: string;
    };

type Fields = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Parses a page of a list and keeps of each row the fields that are read. */
export function parsePage(bytes: Uint8Array, digest: string, { fields, maxRows }: ParseTerms): ParsedPage {
  const text = new TextDecoder().decode(bytes);
  if (isTooDeep(text)) return { kind: "no-list", body: null };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { kind: "no-json", isWebPage: text.trimStart().startsWith("<") };
  }
  const wrapper = isRecord(body) ? body : {};
  const rows = rowsIn(body);
  if (rows === undefined) return { kind: "no-list", body: trimmed(body, 3) };
  if (rows.length > maxRows) return { kind: "too-long" };
  const rest = { has_more: trimmed(wrapper.has_more, 0), last_id: trimmed(wrapper.last_id, 0) };
  const paths = fields.map((field) => field.split("."));
  return { kind: "list", rest, rows: rows.map((row) => slimRow(row, paths)), digest };
}

/**
 * Finds the rows in the wrappers that vendors use: none, `data` (llama.cpp has both that and `models`), `models`,
 * Cloudflare's `result`, one inside the other, any other that holds models, rows by their ids. Null is a list of
 * nothing.
 */
function rowsIn(body: unknown, depth = 2): readonly unknown[] | undefined {
  if (Array.isArray(body)) return body;
  if (!isRecord(body) || depth === 0) return undefined;
  const places = ["data", "models", "result"].filter((name) => Object.hasOwn(body, name));
  for (const name of places) {
    const rows = rowsIn(body[name], depth - 1);
    if (rows !== undefined) return rows;
  }
  const other = Object.values(body).find((value) => Array.isArray(value) && value.some(isNamed));
  if (Array.isArray(other)) return other;
  const [only = ""] = places;
  const rows = body[only];
  if (rows === null && body.error == null && body.success !== false) return [];
  const isById = isRecord(rows) && Object.keys(rows).length > 0 && Object.values(rows).every(isRecord);
  return isById ? Object.entries(rows).map(([id, row]) => ({ id, ...(row as Fields) })) : undefined;
}

/** A list under a name that nobody knows counts where its rows name models. */
const isNamed = (row: unknown): boolean => isRecord(row) && ID_FIELDS.some((name) => typeof row[name] === "string");

/** No list is nested so deep, and what a few bytes can make of memory has to stay within bounds. */
const MAX_DEPTH = 50;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** "[" and "{", "]" and "}" differ in this bit only. */
const CURLY = 0x20;

/** Leaps over texts, which are most of a list: a step for each character would take longer than parsing it. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = text.indexOf('"', at + 1);
      while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1);
      if (at === -1) return false; // no JSON
    } else if ((code & ~CURLY) === 0x5b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if ((code & ~CURLY) === 0x5d) depth -= 1;
  }
  return false;
}

/** Whether an odd number of backslashes stands before. */
function isEscaped(text: string, at: number): boolean {
  let from = at;
  while (text.charCodeAt(from - 1) === BACKSLASH) from -= 1;
  return (at - from) % 2 === 1;
}

/** Cuts a value to what a reader of rows could use: longer texts are no ids or names, deeper parts are not read. */
function trimmed(value: unknown, depth: number): unknown {
  if (typeof value === "string") return value.slice(0, 300);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return undefined;
  if (Array.isArray(value)) return value.slice(0, 20).map((item) => trimmed(item, depth - 1));
  const fields = Object.entries(value).slice(0, 60);
  return Object.fromEntries(fields.map(([name, item]) => [name, trimmed(item, depth - 1)]));
}

/** `paths`: fields by their dots; ["pricing", "prompt"] is a field of a part. */
function slimRow(row: unknown, paths: readonly (readonly string[])[]): unknown {
  if (typeof row === "string") return { id: trimmed(row, 0) };
  if (!isRecord(row)) return null;
  const slim: Record<string, unknown> = {};
  for (const [name = "", inner] of paths) {
    if (!Object.hasOwn(row, name)) continue;
    const value = row[name];
    if (inner === undefined) slim[name] = trimmed(value, 3);
    else if (isRecord(value) && Object.hasOwn(value, inner)) {
      const part = isRecord(slim[name]) ? slim[name] : {};
      slim[name] = { ...part, [inner]: trimmed(value[inner], 2) };
    }
  }
  return slim;
}
