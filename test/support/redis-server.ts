import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.js";

/** A server of the test's own; what it holds survives `stop` and `start`. */
export interface TestServer {
  /** With its password. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
  /** On the same port again. */
  start(): Promise<void>;
  /** Ends it for good and takes its files away. */
  remove(): Promise<void>;
}

const PROGRAM = "redis-server";
export const REDIS_PASSWORD = "redis-password-of-the-tests";

/** Where there is none, one plain line says that its tests are skipped. */
export function hasRedis(): boolean {
  const isThere = spawnSync(PROGRAM, ["--version"], { stdio: "ignore" }).status === 0;
  if (!isThere) process.stdout.write("Redis: no redis-server on the PATH, its tests are skipped\n");
  return isThere;
}

/** Killed by `stop`, as with a machine that goes down. */
export async function startRedis(): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-redis-"));
  const port = await freePort();
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--requirepass", REDIS_PASSWORD];
  const files = ["--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always"];
  let child: ChildProcess | undefined;
  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  const start = async () => {
    const started = spawn(PROGRAM, [...settings, ...files], { stdio: ["ignore", "pipe", "inherit"] });
    child = started;
    started.stdout.setEncoding("utf8");
    let text = "";
    for await (const chunk of started.stdout) {
      text += chunk;
      if (text.includes("Ready to accept connections")) break;
    }
    if (!text.includes("Ready to accept connections")) throw new Error(`redis-server did not start: ${text}`);
  };
  await start();
  return {
    url: `redis://:${REDIS_PASSWORD}@127.0.0.1:${port}`,
    port,
    stop,
    start,
    async remove() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
