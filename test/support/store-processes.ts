import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const CHILD = fileURLToPath(new URL("store-child.mjs", import.meta.url));
const BUILT = fileURLToPath(new URL("../../dist/modules/store/registry.js", import.meta.url));

export interface StoreProcess {
  /** What it has said, line by line. */
  readonly lines: string[];
  /** Resolves once it has said `count` lines. */
  said(count: number): Promise<void>;
  /** Resolves at its end with its exit code, or null where it was killed. */
  readonly ended: Promise<number | null>;
  kill(): void;
}

/** A real process at work on a store. */
export function startStoreProcess(
  job: "count" | "hold" | "once" | "swap" | "write",
  url: string,
  count = 0,
): StoreProcess {
  if (!existsSync(BUILT)) throw new Error("there is no dist/: run `npm run build` first, as `npm test` does");
  const child: ChildProcessByStdio<null, Readable, null> = spawn(process.execPath, [CHILD, job, url, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  let rest = "";
  let onData = () => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    onData();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return {
    lines,
    ended,
    kill: () => void child.kill("SIGKILL"),
    said: (wanted) =>
      new Promise((resolve, reject) => {
        onData = () => {
          if (lines.length >= wanted) resolve();
        };
        onData();
        void ended.then((code) => reject(new Error(`it ended with ${code} after ${lines.length} lines`)));
      }),
  };
}
