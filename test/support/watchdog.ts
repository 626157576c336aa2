import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeSync } from "node:fs";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { closingLine } from "./closing-line.js";

interface Options {
  /** How long no test may end before the run is ended. Default: 2 min. */
  readonly limitMs?: number;
}

/** The limit before the first file begins: a busy machine is slow to start its workers. */
const BEGINNING_MS = 120_000;

/** What a test may take beyond its own timeout, for its hooks. */
const GRACE_MS = 30_000;

/**
 * Ends a run in which no test has ended for two minutes and names the files that still run. A test that declares a longer
 * timeout (a soak test, say) may use it. Vitest's own timeouts miss a loop that blocks the worker, and a file that waits
 * at its top level; this runs in the main process, which neither holds up.
 */
export default class Watchdog implements Reporter {
  private readonly limitMs: number;
  /** By id: a file is another object once its tests are collected. */
  private readonly modules = new Map<string, TestModule>();
  private readonly running = new Set<string>();
  /** The epoch ms up to which each running test may take. */
  private readonly allowedUntil = new Map<string, number>();
  private lastSignAt = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor({ limitMs = 120_000 }: Options = {}) {
    this.limitMs = limitMs;
  }

  onTestRunStart(): void {
    this.modules.clear();
    this.running.clear();
    this.allowedUntil.clear();
    this.lastSignAt = Date.now();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.check(), Math.min(1_000, this.limitMs / 4));
  }

  onTestModuleQueued(module: TestModule): void {
    this.modules.set(module.id, module);
    this.running.add(module.id);
    this.lastSignAt = Date.now();
  }

  onTestModuleCollected(module: TestModule): void {
    this.modules.set(module.id, module);
  }

  onTestCaseReady(test: TestCase): void {
    const timeoutMs = test.options.timeout ?? 0;
    this.allowedUntil.set(test.id, timeoutMs > this.limitMs ? Date.now() + timeoutMs + GRACE_MS : 0);
  }

  onTestCaseResult(test: TestCase): void {
    this.allowedUntil.delete(test.id);
    this.lastSignAt = Date.now();
  }

  onTestModuleEnd(module: TestModule): void {
    this.running.delete(module.id);
    this.lastSignAt = Date.now();
  }

  onTestRunEnd(): void {
    clearInterval(this.timer);
  }

  private check(): void {
    const limitMs = this.modules.size === 0 ? Math.max(this.limitMs, BEGINNING_MS) : this.limitMs;
    const until = Math.max(this.lastSignAt + limitMs, ...this.allowedUntil.values());
    if (Date.now() < until) return;
    clearInterval(this.timer);
    const stalled = new Set([...this.modules.values()].filter(({ id }) => this.running.has(id)));
    const files = [...stalled].map(({ relativeModuleId }) => relativeModuleId);
    const where = files.length === 0 ? "no file is running" : `still running: ${files.join(", ")}`;
    const seconds = Math.round((Date.now() - this.lastSignAt) / 1_000);
    writeSync(1, `\nNo test has ended for ${seconds} s, so the run is ended; ${where}\n`);
    killDescendants(process.pid);
    writeSync(1, `${closingLine(this.modules.values(), { stalled })}\n`);
    process.exit(1);
  }
}

/** Kills the workers, which may no longer listen to signals, and the servers, bots and browsers that they started. */
function killDescendants(ancestor: number): void {
  const parents = parentsByPid();
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === ancestor || isBelow(parents.get(pid)));
  for (const [pid, parent] of parents) {
    if (!isBelow(parent)) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}

function parentsByPid(): ReadonlyMap<number, number> {
  const pairs = existsSync("/proc/self/stat")
    ? readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => {
          try {
            // After the name in brackets, which may hold anything: the state and the parent's id.
            const parent = /^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
            return [[Number(pid), Number(parent)] as const];
          } catch {
            return []; // It has ended meanwhile.
          }
        })
    : execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
  return new Map(pairs);
}
