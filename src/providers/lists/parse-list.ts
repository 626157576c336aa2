export interface ParseTerms {
  /** Fields of a row that are read; a dot leads into a part, as "pricing.prompt". */
  readonly fields: readonly string[];
  readonly maxRows: number;
  /** Digest of a body that need not be read again. */
  readonly known?: string | undefined;
}

/** What a body was: the known one, no JSON at all, no list, or a list with what is read of its rows. */
export type ParsedList =
  | { readonly kind: "known" }
  | { readonly kind: "no-json"; readonly isPage: boolean }
  | { readonly kind: "no-list"; readonly body: unknown }
  | { readonly kind: "too-long" }
  | {
      readonly kind: "list";
      /** The field that holds the rows; null where the list has no wrapper. */
      readonly field: string | null;
      /** What names the next page. */
      readonly rest: Readonly<Record<string, unknown>>;
      readonly rows: readonly unknown[];
      /** Tells the body from any other. */
      readonly digest: string;
    };

/**
 * Parses a page of a list and keeps of each row the fields that are read. Its text runs in a thread of its own, so it
 * uses nothing from outside itself but what it is handed.
 */
export function parseList(
  bytes: Uint8Array,
  { fields, maxRows, known }: ParseTerms,
  digestOf: (bytes: Uint8Array) => string,
): ParsedList {
  /** No list is nested so deep, and what a few bytes can make of memory has to stay within bounds. */
  const MAX_DEPTH = 50;
  const QUOTE = 0x22;
  const BACKSLASH = 0x5c;
  /** "[" and "{", "]" and "}" differ in this bit only. */
  const CURLY = 0x20;

  const isTooDeep = (): boolean => {
    let depth = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
      } else if ((byte & ~CURLY) === 0x5b) {
        depth += 1;
        if (depth > MAX_DEPTH) return true;
      } else if ((byte & ~CURLY) === 0x5d) depth -= 1;
    }
    return false;
  };

  /** Cut to what a reader of rows could make use of: longer texts are no ids or names, deeper parts are not read. */
  const trimmed = (value: unknown, depth: number): unknown => {
    if (typeof value === "string") return value.slice(0, 300);
    if (typeof value !== "object" || value === null) return value;
    if (depth === 0) return undefined;
    if (Array.isArray(value)) return value.slice(0, 20).map((item) => trimmed(item, depth - 1));
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, 60)
        .map(([name, item]) => [name, trimmed(item, depth - 1)]),
    );
  };

  const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value);

  /** By their dots: ["pricing", "prompt"] is a field of a part. */
  const paths = fields.map((field) => field.split("."));
  const slimRow = (row: unknown): unknown => {
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
  };

  const digest = digestOf(bytes);
  if (digest === known) return { kind: "known" };
  if (isTooDeep()) return { kind: "no-list", body: null };
  const text = new TextDecoder().decode(bytes);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { kind: "no-json", isPage: text.trimStart().startsWith("<") };
  }
  const wrapper = (typeof body === "object" && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  const field = Array.isArray(body) ? null : (["data", "models"].find((name) => Array.isArray(wrapper[name])) ?? "");
  const found = field === null ? body : wrapper[field];
  if (!Array.isArray(found)) return { kind: "no-list", body: trimmed(body, 1) };
  if (found.length > maxRows) return { kind: "too-long" };
  const rest = { has_more: trimmed(wrapper.has_more, 0), last_id: trimmed(wrapper.last_id, 0) };
  return { kind: "list", field, rest, rows: found.map(slimRow), digest };
}
