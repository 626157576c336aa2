// A place of each store's kind, for benchmarks; what cannot be started here rejects.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createViteServer } from "vitest/node";
import { portOf } from "./port-of.mjs";

const ignore = () => {};
const REDIS = "redis-server";

/** The tests' own way, which also works below a folder that only root may enter. */
async function startPostgres(options) {
  const vite = await createViteServer({ configFile: false, logLevel: "error", server: { middlewareMode: true } });
  try {
    const tests = await vite.ssrLoadModule("/test/support/postgres-server.ts");
    return await tests.startPostgres(options);
  } finally {
    await vite.close();
  }
}

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
  async postgres() {
    const server = await startPostgres({ settings: ["max_connections=400", "fsync=on"] });
    if (server === undefined) throw new Error("no PostgreSQL starts here");
    return { url: server.url, close: () => server.remove() };
  },
};
