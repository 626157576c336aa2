import type { Reporter, TestModule } from "vitest/node";

interface Stall {
  /** The files that were still running when the run was ended. */
  readonly stalled: ReadonlySet<TestModule>;
}

/** Returns "N passed, N failed, N skipped". A file that stalled is one failure, and so is a stall between files. */
export function closingLine(modules: Iterable<TestModule>, stall?: Stall): string {
  const count = { passed: 0, failed: stall?.stalled.size === 0 ? 1 : 0, skipped: 0, pending: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) count[test.result().state] += 1;
    // A file that does not even load has no test that could fail.
    const isBroken = module.state() === "failed" && module.errors().length > 0;
    if (isBroken || stall?.stalled.has(module)) count.failed += 1;
  }
  return `${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`;
}

/** Ends every run with one plain line that any tool can read. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    console.log(closingLine(modules));
  }
}
