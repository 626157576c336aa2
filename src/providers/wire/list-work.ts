/** From the main thread: a body, and the wish for more rows. */
export type ListOrder =
  | {
      readonly kind: "body";
      readonly pieces: readonly Uint8Array[];
      readonly fields: readonly string[];
      readonly maxRows: number;
      readonly rowsAtOnce: number;
      /** Digest of a body that need not be read again. */
      readonly known?: string | undefined;
    }
  | { readonly kind: "more" };

/** What the body was: the known one, no JSON at all, no list, or a list whose rows follow. */
export type ListHead =
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
      readonly count: number;
      readonly digest: string;
    };

export type ListNews = ListHead | { readonly kind: "rows"; readonly rows: readonly unknown[] };

interface Port {
  on(event: "message", listener: (order: ListOrder) => void): void;
  postMessage(news: ListNews): void;
}

/**
 * Parses a list in a thread of its own, keeps of each row the fields that are read, and hands the rows over a few at a
 * time. Its text is what the thread runs, so it uses nothing from outside itself but what it is handed.
 */
export function listWork(port: Port, digestOf: (bytes: Uint8Array) => string): void {
  let rows: readonly unknown[] = [];
  let sent = 0;
  let rowsAtOnce = 1;

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

  /** `fields` by their dots: ["pricing", "prompt"] is a field of a part. */
  const slimRow = (row: unknown, fields: readonly (readonly string[])[]): unknown => {
    if (!isRecord(row)) return null;
    const slim: Record<string, unknown> = {};
    for (const [name = "", inner] of fields) {
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

  const read = ({ pieces, fields, maxRows, known }: Extract<ListOrder, { kind: "body" }>): ListHead => {
    const bytes = Buffer.concat(pieces);
    const digest = digestOf(bytes);
    if (digest === known) return { kind: "known" };
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
    const paths = fields.map((field) => field.split("."));
    rows = found.map((row) => slimRow(row, paths));
    const rest = { has_more: trimmed(wrapper.has_more, 0), last_id: trimmed(wrapper.last_id, 0) };
    return { kind: "list", field, rest, count: found.length, digest };
  };

  port.on("message", (order) => {
    if (order.kind === "body") {
      rowsAtOnce = order.rowsAtOnce;
      sent = 0;
      port.postMessage(read(order));
    } else {
      port.postMessage({ kind: "rows", rows: rows.slice(sent, sent + rowsAtOnce) });
      sent += rowsAtOnce;
    }
  });
}
