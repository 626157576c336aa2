import { defineConfig } from "vitest/config";
import { workerPlugin } from "./test/support/worker-plugin.js";

/** Tests of whole processes, servers and builds: each file has a worker of its own. */
const APART = ["test/*.test.ts", "test/{e2e,fixtures,scripts,store,support}/**/*.test.ts"];

export default defineConfig({
  plugins: [workerPlugin()],
  test: {
    // A busy machine may be many times slower than an idle one: a limit is there for what never ends.
    testTimeout: 110_000,
    hookTimeout: 110_000,
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
    reporters: ["default", "./test/support/watchdog.ts", "./test/support/closing-line.ts"],
    // Else the tests have one copy of it and @keyv/sqlite another, each with a connection of its own.
    server: { deps: { external: [/\/vendor\/sqlite3\//] } },
    projects: [
      { extends: true, test: { name: "apart", include: APART } },
      {
        extends: true,
        // Loading the same modules for each file would take longer than many of these tests.
        test: {
          name: "together",
          include: ["test/**/*.test.ts"],
          exclude: APART,
          isolate: false,
          setupFiles: "./test/support/no-leaks.ts",
        },
      },
    ],
  },
});
