export type Parameter = string | number | bigint | null;

/** One user's handle on the connection that the whole process shares for a file. */
export interface Connection {
  /** Runs one statement to its end, synchronously. @throws an Error whose `code` is SQLite's, as "SQLITE_BUSY" */
  all(sql: string, ...parameters: readonly (Parameter | readonly Parameter[])[]): Record<string, unknown>[];
  /** Whether a transaction is open, which SQLite also ends by itself, as when the disk is full. */
  isInTransaction(): boolean;
  /** The file is closed with its last user; a second call does nothing. */
  close(): void;
}

/** Joins the one connection of this process to a file, or opens it. @throws when it cannot be opened */
export function connect(file: string): Connection;

type Callback<T = void> = (error: Error | null, result: T) => void;

export class Database {
  constructor(file: string, callback?: Callback);
  configure(option: "busyTimeout", value: number): void;
  all(sql: string, ...parametersAndCallback: readonly unknown[]): void;
  close(callback?: Callback): void;
}

declare const sqlite3: { readonly Database: typeof Database };
export default sqlite3;
