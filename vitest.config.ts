import { defineConfig } from "vitest/config";
import { workerPlugin } from "./test/support/worker-plugin.js";

export default defineConfig({
  plugins: [workerPlugin()],
  test: {
    include: ["test/**/*.test.ts"],
    // A busy machine may be many times slower than an idle one: a limit is there for what never ends.
    testTimeout: 110_000,
    hookTimeout: 110_000,
    expect: { poll: { timeout: 20_000 } },
    // Twice the processors of a small machine: tests of processes, browsers and real sockets wait half of their time.
    maxWorkers: 4,
    // Loading the same modules for each file would take longer than many of the tests.
    isolate: false,
    setupFiles: "./test/support/no-leaks.ts",
    reporters: ["default", "./test/support/watchdog.ts", "./test/support/closing-line.ts"],
    // Else the tests have one copy of it and @keyv/sqlite another, each with a connection of its own.
    server: { deps: { external: [/\/vendor\/sqlite3\//] } },
  },
});
