import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/clock.js";
import { withDeadline } from "../../src/deadline.js";
import { freePort } from "./free-port.js";
import { endProcess, startServerProcess, type TestServer } from "./server-process.js";
import { START_TIMEOUT_MS, startOrSkip } from "./start-or-skip.js";

export const REDIS_PASSWORD = "redis-password-of-the-tests";

interface Options {
  /** By default the redis-server on the PATH. */
  readonly program?: string;
  readonly timeoutMs?: number;
}

/** Killed by `stop`, as with a machine that goes down. Undefined, and one plain line that says so, where none can be started. */
export async function startRedis({ program, timeoutMs }: Options = {}): Promise<TestServer | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-redis-"));
  const server = await startOrSkip("Redis", (signal) => start(folder, program ?? "redis-server", signal), timeoutMs);
  if (server === undefined) rmSync(folder, { recursive: true, force: true });
  return server;
}

async function start(folder: string, program: string, signal: AbortSignal): Promise<TestServer> {
  const port = await freePort();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--requirepass", REDIS_PASSWORD];
  const files = ["--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always"];
  const terms = { program, args: [...settings, ...files], cwd: folder, ready: "Ready to accept connections" };
  const launch = (until: AbortSignal) => startServerProcess({ ...terms, signal: until });
  let child: ChildProcess = await launch(signal);
  const stop = () => endProcess(child, "SIGKILL");
  return {
    url: `redis://:${REDIS_PASSWORD}@127.0.0.1:${port}`,
    port,
    stop,
    async start() {
      child = await withDeadline(launch, { what: "Redis", timeoutMs: START_TIMEOUT_MS, clock: systemClock });
    },
    async remove() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
