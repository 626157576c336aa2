import { AppError, messageOf } from "../base/errors.js";

/** Each table is a Keyv of its own; a stored value is JSON and never expires by itself. */
export const TABLES = [
  "models",
  "sessions",
  "turns",
  "open",
  "forgotten",
  "messages",
  "settings",
  "usage",
  "controls",
  "boards",
  "processes",
  "watches",
  "quota",
  "history",
  "audit",
  "counts",
  "shards",
  "votes",
] as const;
export type Table = (typeof TABLES)[number];

/** A narrowed Keyv over one table. Every call ends within 1 s, on a slow line within a few seconds. */
export interface KeyValue {
  /** @throws {StoreError} when the store cannot be read, or this row is damaged */
  get(key: string): Promise<unknown>;
  /** In the order of `keys`; undefined for what is not there, `DAMAGED` for a damaged row. @throws {StoreError} */
  getMany(keys: readonly string[]): Promise<readonly unknown[]>;
  /** @throws {StoreError} when it was not stored; undefined is not a value */
  set(key: string, value: unknown): Promise<void>;
  /** Resolves also when there was nothing. @throws {StoreError} */
  delete(key: string): Promise<void>;
  /** All rows whose key begins with `prefix`, sorted by key; a damaged one as `DAMAGED`. @throws {StoreError} */
  entries(prefix?: string): Promise<readonly Entry[]>;
  /**
   * The last `limit` rows whose key begins with `prefix` and sorts before `before` (default: all), sorted by key;
   * a damaged one as `DAMAGED`. @throws {StoreError}
   */
  page(prefix: string, terms: PageTerms): Promise<Page>;
  /** What a reader tells of a row: whether it is not what the table holds. Default: nobody wants to know. */
  noteDamage?(key: string, isDamaged: boolean): void;
}

export type Entry = readonly [key: string, value: unknown];

export interface PageTerms {
  readonly before?: string | undefined;
  readonly limit: number;
}

/** `before`: where the page before this one ends; undefined where there is none. */
export interface Page {
  readonly entries: readonly Entry[];
  readonly before: string | undefined;
}

/** `value: undefined` deletes the row. */
export interface Write {
  readonly table: Table;
  readonly key: string;
  readonly value: unknown;
}

/** A row as it was read, and what it becomes; undefined where there is none. */
export interface Swap {
  readonly table: Table;
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What the swaps write. */
export const writesOf = (rows: Swap | readonly Swap[]): readonly Write[] =>
  [rows].flat().map(({ table, key, after }) => ({ table, key, value: after }));

export interface ClaimTerms {
  /** How long the claim protects its holder, should it never be settled. */
  readonly ttlMs: number;
  /** Refused while the last claim of this name is younger than that, whoever held it. */
  readonly minIntervalMs?: number;
  /** `minIntervalMs` for a claim that was never settled, because its holder died or hangs. Default: `minIntervalMs`. */
  readonly minIntervalAfterLossMs?: number;
  /**
   * The process that holds it may take it again, and nothing of the first time counts any more: a claim whose answer
   * was lost on its way would keep out the very process that has it. For what a process does once at a time anyway.
   */
  readonly isReentrant?: boolean;
}

export interface Claim {
  readonly name: string;
  readonly owner: string;
  /** Grows with every claim of the name; what was written under an older one is refused. */
  readonly fence: number;
}

/** `until`: when it may be free or due, in epoch ms of the store's clock. */
export type ClaimResult =
  | { readonly held: true; readonly claim: Claim }
  | { readonly held: false; readonly until: number };

/** What everything is kept in. Times are the store's own, so that replicas agree. */
export interface Store {
  values(table: Table): KeyValue;
  /** All or nothing, in one step. @throws {StoreError} when nothing was written */
  write(writes: readonly Write[]): Promise<void>;
  /**
   * Writes, unless a call with this name did so less than its `forMs` ago: false, and nothing was written. One step, so
   * that what happens once and the proof that it has happened are never apart. @throws {StoreError}
   */
  writeOnce(name: string, forMs: number, writes: readonly Write[]): Promise<boolean>;
  /**
   * Changes the row, or each of several different ones, and writes the rest in one step, unless one of them is no
   * longer what was read: false, and nothing was written. What is read, changed and stored by several replicas goes
   * through it.
   * @throws {StoreError}
   */
  swap(rows: Swap | readonly Swap[], writes: readonly Write[]): Promise<boolean>;
  /** One atomic step: takes the name when it is both free and due. @throws {StoreError} */
  claim(name: string, terms: ClaimTerms): Promise<ClaimResult>;
  /**
   * Writes and frees the name in one step; false: the claim is no longer ours and nothing was written. @throws
   * {StoreError}
   */
  commit(claim: Claim, writes: readonly Write[]): Promise<boolean>;
  /** Protects the claim for `ttlMs` from now; false where it is no longer ours. @throws {StoreError} */
  renew(claim: Claim, ttlMs: number): Promise<boolean>;
  /**
   * After a person asked to be forgotten: what was deleted is gone from the store's own files too, as far as that is
   * in its hands. @throws {StoreError}
   */
  purge(): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** Goes on with data that are older than the store's marker says. Default: false. */
  readonly acceptsOlder?: boolean;
}

export interface StoreDefinition {
  /** URL schemes, as "sqlite". */
  readonly schemes: readonly string[];
  /**
   * Opens it, and makes what is missing.
   * @throws {StartupError} when it cannot be used as it is: unwritable, garbage, of a newer schema, unreachable
   */
  open(url: string, options?: StoreOptions): Promise<Store>;
  /** What the doctor warns of, each with its fix. */
  warnings?(url: string): readonly string[];
}

/** The store did not do what it was asked; nothing was changed. */
export class StoreError extends AppError {
  constructor(what: string, cause?: unknown, isRetryable = true) {
    super("store", `The store failed: ${what}`, { cause, isRetryable });
  }
}

/** Whether a call may succeed the next time. One that wrote may have been done anyway: its answer was lost. */
export const isPassingStoreError = (error: unknown): boolean => error instanceof StoreError && error.isRetryable;

/** One row is not what it was stored as: no patience heals it, and everything else goes on. */
export class DamagedRowError extends StoreError {
  constructor(what: string, cause?: unknown) {
    super(`${what} is damaged`, cause, false);
  }
}

/**
 * Runs a call of a driver, naming in the error what was being done.
 * @throws {StoreError} for whatever the driver throws
 */
export async function translated<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StoreError ? error : new StoreError(`${what}: ${messageOf(error)}`, error);
  }
}

/** What reading a row gives whose text is not what `encodeRow` makes; no schema takes it. */
export const DAMAGED = Symbol("damaged row");

/**
 * A value as Keyv stores it, so that rows written past Keyv, inside a transaction, read back through it.
 * @throws {StoreError} when the value is not JSON
 */
export function encodeRow(value: unknown): string {
  if (value === undefined) throw new StoreError("undefined is not a value");
  try {
    return JSON.stringify({ value });
  } catch (error) {
    throw new StoreError(`the value is not JSON: ${messageOf(error)}`, error);
  }
}

/** Whether a stored text is the row of a value that was read from it. */
export const isRow = (text: unknown, value: unknown): boolean => value !== undefined && text === encodeRow(value);

/**
 * The value of a row, or DAMAGED. An expiry that Keyv or a hand has put there is ignored: nothing stored ever
 * expires.
 */
export function decodeRow(text: unknown): unknown {
  try {
    const row: unknown = typeof text === "string" ? JSON.parse(text) : undefined;
    return typeof row === "object" && row !== null && "value" in row ? row.value : DAMAGED;
  } catch {
    return DAMAGED; // whoever reads the row says so
  }
}

/**
 * What every store can take: SQLite gives a text with NUL back cut short, PostgreSQL refuses it, and a lone surrogate
 * has no UTF-8 form, so that two keys would become one.
 * @throws {StoreError} for any other key
 */
export function checkKey(key: string): string {
  if (key === "") throw new StoreError("a key is a text that is not empty");
  if (/[\0\p{Surrogate}]/u.test(key)) throw new StoreError(`the key ${JSON.stringify(key)} holds an invalid character`);
  return key;
}

/** @throws {StoreError} for a lease that would protect nobody */
export function checkTerms({ ttlMs, minIntervalMs = 0, minIntervalAfterLossMs = 0 }: ClaimTerms): void {
  if (!(ttlMs > 0) || !(minIntervalMs >= 0) || !(minIntervalAfterLossMs >= 0))
    throw new StoreError("a claim needs ttlMs above 0 and no negative interval");
}

/**
 * Reads the rows whose key begins with `prefix` page by page, the last page first; a page is sorted by key and has at
 * most `limit` rows. `last`: only what sorts before it. @throws {StoreError}
 */
export async function* pagesOf(
  table: Pick<KeyValue, "page">,
  prefix: string,
  limit: number,
  last?: string,
): AsyncGenerator<readonly Entry[]> {
  let before = last;
  do {
    const page = await table.page(prefix, { before, limit });
    yield page.entries;
    before = page.before;
  } while (before !== undefined);
}
