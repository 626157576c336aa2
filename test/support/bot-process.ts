import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { eventually } from "./playground-client.js";

export interface BotProcess {
  readonly url: string;
  readonly process: ChildProcess;
  /** Everything on standard error. */
  log(): string;
  /** Sends a signal and resolves with the exit code, null where a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const MAIN = resolve("dist/main.js");
/** Nothing of this machine's environment but what Node itself needs. */
const environmentOf = (given: Record<string, string>) => ({ PATH: process.env.PATH ?? "", HTTP_PORT: "0", ...given });

/** Runs the built program in a folder of its own until it ends. */
export async function runProgram(
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: environmentOf(environment),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const read = collect(child);
  const [code] = await once(child, "exit");
  return { code, ...read() };
}

/**
 * Starts the built program, with Node's own options before it, and resolves once it says that it is ready. `main`:
 * another version's.
 */
export async function startProcess(
  folder: string,
  environment: Record<string, string> = {},
  nodeOptions: readonly string[] = [],
  main = MAIN,
): Promise<BotProcess> {
  const child = spawn(process.execPath, [...nodeOptions, main], {
    cwd: folder,
    env: environmentOf(environment),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const read = collect(child);
  const url = await eventually(
    "a start",
    () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${read().stderr}`);
      return /"url":"([^"]+)"/.exec(read().stderr)?.[1];
    },
    60_000,
  ).catch((error) => {
    child.kill("SIGKILL");
    throw new Error(`${error}: ${read().stderr}`);
  });
  return {
    url,
    process: child,
    log: () => read().stderr,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, "exit");
      child.kill(signal);
      return (await ended)[0];
    },
  };
}

function collect(child: ChildProcess): () => { stdout: string; stderr: string } {
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
    });
  }
  return () => text;
}
