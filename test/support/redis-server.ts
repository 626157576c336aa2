import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { endProcess, startServerProcess, type TestServer } from "./server-process.js";
import { startOrSkip } from "./start-or-skip.js";

export const REDIS_PASSWORD = "redis-password-of-the-tests";

interface Options {
  /** By default the redis-server on the PATH. */
  readonly program?: string;
  /** How long it may be silent while it starts. */
  readonly silenceMs?: number;
}

/** Killed by `stop`, as with a machine that goes down. Undefined, and one plain line that says so, where none can be started. */
export async function startRedis(options: Options = {}): Promise<TestServer | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-redis-"));
  const server = await startOrSkip("Redis", (signal) => start(folder, options, signal));
  if (server === undefined) rmSync(folder, { recursive: true, force: true });
  return server;
}

async function start(folder: string, options: Options, signal: AbortSignal): Promise<TestServer> {
  const port = await freePort();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--requirepass", REDIS_PASSWORD];
  // The kernel has each write before it is answered, so that it survives a kill; waiting for the disk would add nothing.
  const files = ["--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "no"];
  const terms = {
    program: options.program ?? "redis-server",
    args: [...settings, ...files],
    cwd: folder,
    silenceMs: options.silenceMs,
    ready: "Ready to accept connections",
  };
  let child: ChildProcess = await startServerProcess({ ...terms, signal });
  const stop = () => endProcess(child, "SIGKILL");
  return {
    url: `redis://:${REDIS_PASSWORD}@127.0.0.1:${port}`,
    port,
    stop,
    async start() {
      child = await startServerProcess(terms);
    },
    async remove() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
