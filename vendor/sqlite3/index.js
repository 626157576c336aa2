import { existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

// While it loads, libsql asks for a report on the process, to learn which libc it runs on. With its network in it, that
// takes 30 ms or more, in which the addresses' names are looked up.
const { report } = process;
const { excludeNetwork } = report;
report.excludeNetwork = true;
const Libsql = createRequire(import.meta.url)("libsql");
report.excludeNetwork = excludeNetwork;

/** libsql waits for a lock synchronously, so this also bounds how long the event loop can stand still. */
const BUSY_TIMEOUT_MS = 900;

/**
 * The open files. Two connections of one process on one WAL file are what SQLite before 3.51.3 can lose a commit with
 * (the WAL-reset bug; libsql carries 3.45.1), so everybody who names a file gets the same connection.
 */
const connections = new Map();

function keyOf(file) {
  return existsSync(file) ? realpathSync(file) : join(realpathSync(dirname(file)), basename(file));
}

/** What takes and gives back the write lock. */
const BOUNDARY =
  /^(begin|commit|rollback|savepoint|release|vacuum|pragma incremental_vacuum|pragma auto_vacuum = incremental)\b/i;
const WRITE = /^(insert|update|delete|replace|create|drop|alter)\b/i;

function open(file) {
  const database = new Libsql(file, { timeout: BUSY_TIMEOUT_MS });
  const statements = new Map();

  const run = (sql, parameters) => {
    let known = statements.get(sql);
    if (known === undefined) {
      const statement = database.prepare(sql);
      known = { statement, isReader: statement.reader };
      statements.set(sql, known);
    }
    // Asking for rows where there are none costs more than the statement itself.
    if (known.isReader) return known.statement.all(parameters);
    known.statement.run(parameters);
    return [];
  };
  /**
   * libsql never resets a prepared statement that met a lock: until it is run again it counts as in progress, every
   * commit fails, and other writes pile up in a transaction that nobody sees. So the lock is only ever asked for by
   * exec, which leaves no statement behind; whoever has it meets no other.
   */
  const locked = (work) => {
    database.exec("begin immediate");
    try {
      const rows = work();
      database.exec("commit");
      return rows;
    } catch (error) {
      if (database.inTransaction) database.exec("rollback");
      throw error;
    }
  };
  return {
    users: 0,
    all(sql, parameters) {
      for (const parameter of parameters) {
        // libsql ends the whole process on a boolean, and binds an object as named parameters.
        if (parameter !== null && !["string", "number", "bigint"].includes(typeof parameter)) {
          throw new TypeError(`a ${typeof parameter} cannot be bound to: ${sql}`);
        }
      }
      const text = sql.trim();
      if (BOUNDARY.test(text)) {
        database.exec(text);
        return [];
      }
      return WRITE.test(text) && !database.inTransaction ? locked(() => run(sql, parameters)) : run(sql, parameters);
    },
    isInTransaction: () => database.inTransaction,
    close() {
      statements.clear();
      database.close();
    },
  };
}

/** Joins the one connection of this process to a file, or opens it. */
export function connect(file) {
  const key = keyOf(file);
  const shared = connections.get(key) ?? open(key);
  connections.set(key, shared);
  shared.users += 1;
  let isOpen = true;
  return {
    all(sql, ...parameters) {
      if (!isOpen) throw new Error("the database is closed");
      return shared.all(sql, parameters.flat());
    },
    isInTransaction: () => isOpen && shared.isInTransaction(),
    close() {
      if (!isOpen) return;
      isOpen = false;
      shared.users -= 1;
      if (shared.users > 0) return;
      connections.delete(key);
      shared.close();
    },
  };
}

/** What @keyv/sqlite uses of sqlite3's class of the same name; callbacks come after the call has returned. */
export class Database {
  #connection;

  constructor(file, callback) {
    settle(callback, () => {
      this.#connection = connect(file);
    });
  }

  configure(option, value) {
    if (option === "busyTimeout")
      this.#connection.all(`pragma busy_timeout = ${Math.min(Number(value), BUSY_TIMEOUT_MS)}`);
  }

  all(sql, ...rest) {
    const callback = rest.pop();
    settle(callback, () => this.#connection.all(sql, ...rest));
  }

  close(callback) {
    settle(callback, () => this.#connection.close());
  }
}

function settle(callback, work) {
  let result;
  let fault = null;
  try {
    result = work();
  } catch (error) {
    fault = error;
  }
  queueMicrotask(() => callback?.(fault, result));
}

export default { Database };
