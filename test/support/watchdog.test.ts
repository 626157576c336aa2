import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it, vi } from "vitest";

/** Runs fixture files under a watchdog with a limit of 7 s. */
async function runStalls(...files: readonly string[]) {
  const folder = resolve("test/fixtures/stalls");
  const args = [resolve("node_modules/vitest/vitest.mjs"), "run", "--root", folder, ...files];
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST|NODE_ENV)/.test(name));
  const child = spawn(process.execPath, args, { cwd: folder, env: Object.fromEntries(own) });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  const [code] = await once(child, "close");
  return { code: code as number | null, output, lastLine: output.trim().split("\n").at(-1) };
}

/** Whether a process has ended, though perhaps nobody has collected its exit code yet. */
function hasEnded(pid: number): boolean {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

describe.concurrent("the watchdog", () => {
  it("ends a run whose file waits at its top level, and names the file", async () => {
    const { code, output, lastLine } = await runStalls("top-level");
    expect(code).toBe(1);
    expect(output).toMatch(/No test has ended for \d+ s, .* still running: top-level\.stall\.ts\n/);
    expect(lastLine).toBe("0 passed, 1 failed, 0 skipped");
  });

  it("ends a run whose worker is blocked, with what the worker started, and counts the tests that ended", async () => {
    const { code, output, lastLine } = await runStalls("blocked");
    expect(code).toBe(1);
    expect(output).toMatch(/still running: blocked\.stall\.ts\n/);
    expect(lastLine).toBe("1 passed, 1 failed, 1 skipped");
    const pid = Number(/started (\d+)/.exec(output)?.[1]);
    expect(pid).toBeGreaterThan(0);
    await vi.waitFor(() => expect(hasEnded(pid)).toBe(true), { timeout: 20_000 });
  });

  it("lets a test use the longer timeout that it declares", async () => {
    const { code, lastLine } = await runStalls("patient");
    expect(lastLine).toBe("1 passed, 0 failed, 0 skipped");
    expect(code).toBe(0);
  });
});
