import { defineConfig } from "vitest/config";
import { workerPlugin } from "./test/support/worker-plugin.js";

export default defineConfig({
  plugins: [workerPlugin()],
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    reporters: ["default", "./test/support/watchdog.ts", "./test/support/closing-line.ts"],
    // Else the tests have one copy of it and @keyv/sqlite another, each with a connection of its own.
    server: { deps: { external: [/\/vendor\/sqlite3\//] } },
  },
});
