import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, Database } from "sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergreen-driver-"));
  path = join(folder, "data.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true }));

const opened = (file: string) =>
  new Promise<Database>((resolve, reject) => {
    const database: Database = new Database(file, (error) => (error === null ? resolve(database) : reject(error)));
  });
const all = (database: Database, ...call: unknown[]) =>
  new Promise<unknown>((resolve, reject) => {
    database.all(...(call as [string]), (error: Error | null, rows: unknown) =>
      error === null ? resolve(rows) : reject(error),
    );
  });

describe("connect()", () => {
  it("gives everybody who names a file the same connection, by whatever name", async () => {
    const first = connect(path);
    // Only the connection that made it sees a temporary table.
    first.all("create temp table mine (a)");
    symlinkSync(folder, `${folder}-link`);
    for (const name of [path, join(folder, ".", "data.sqlite"), join(`${folder}-link`, "data.sqlite")]) {
      const other = connect(name);
      expect(other.all("select * from mine")).toEqual([]);
      other.close();
    }
    const database = await opened(path);
    expect(await all(database, "select * from mine")).toEqual([]);
    rmSync(`${folder}-link`);
    first.close();
    expect(await all(database, "select * from mine")).toEqual([]);
    await new Promise<void>((resolve) => database.close(() => resolve()));
    const later = connect(path);
    expect(() => later.all("select * from mine")).toThrow(/no such table/);
    later.close();
  });

  it("counts a handle that is closed twice once, and fails its calls", () => {
    const first = connect(path);
    const second = connect(path);
    first.close();
    first.close();
    expect(() => first.all("select 1")).toThrow(/closed/);
    expect(second.all("select 1 as one")).toEqual([{ one: 1 }]);
    second.close();
  });

  it("refuses what libsql would end the process on", () => {
    const connection = connect(path);
    for (const parameter of [true, {}, undefined, () => 1]) {
      expect(() => connection.all("select ?", parameter as never)).toThrow(TypeError);
    }
    expect(connection.all("select ? as a, ? as b", null, "text")).toEqual([{ a: null, b: "text" }]);
    connection.close();
  });

  it("goes on after a statement that failed", () => {
    const connection = connect(path);
    connection.all("create table t (a primary key)");
    connection.all("insert into t values (?)", 1);
    expect(() => connection.all("insert into t values (?)", 1)).toThrow(/UNIQUE/);
    connection.all("insert into t values (?)", 2);
    expect(connection.all("select a from t order by a")).toEqual([{ a: 1 }, { a: 2 }]);
    connection.close();
  });

  it("leaves no trace of a file that cannot be opened", () => {
    expect(() => connect(join(folder, "missing", "data.sqlite"))).toThrow();
    expect(() => connect(realpathSync(folder))).toThrow();
  });
});

describe("Database", () => {
  it("answers after its call has returned, as @keyv/sqlite expects", async () => {
    let isReturned = false;
    const database = await new Promise<Database>((resolve) => {
      const made: Database = new Database(path, () => {
        expect(isReturned).toBe(true);
        resolve(made);
      });
      isReturned = true;
    });
    await new Promise<void>((resolve) => database.close(() => resolve()));
  });

  it("takes parameters one by one and as a list", async () => {
    const database = await opened(path);
    database.configure("busyTimeout", 5000);
    expect(await all(database, "pragma busy_timeout")).toEqual([{ timeout: 900 }]);
    expect(await all(database, "select ? as a, ? as b", "x", 2)).toEqual([{ a: "x", b: 2 }]);
    expect(await all(database, "select ? as a, ? as b", ["x", 2])).toEqual([{ a: "x", b: 2 }]);
    await expect(all(database, "selec")).rejects.toThrow(/syntax error/);
    await new Promise<void>((resolve) => database.close(() => resolve()));
    await expect(all(database, "select 1")).rejects.toThrow(/closed/);
  });

  it("tells its callback when the file cannot be opened", async () => {
    await expect(opened(join(folder, "missing", "data.sqlite"))).rejects.toThrow();
  });
});
