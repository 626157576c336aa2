import type { Connection } from "sqlite3";

/**
 * Runs `work` in one transaction that holds the write lock from its start; with "deferred" it locks nothing until it
 * writes, and reads all from one moment. The driver is synchronous and so must `work` be: then nothing of this process
 * comes between.
 * @throws what `work` or SQLite throws, and then nothing was written
 */
export function inTransaction<T>(
  connection: Connection,
  work: () => T,
  begin: "immediate" | "deferred" = "immediate",
): T {
  connection.all(`begin ${begin}`);
  try {
    const result = work();
    connection.all("commit");
    return result;
  } catch (error) {
    try {
      connection.all("rollback");
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full
    }
    throw error;
  }
}
