import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A server of the test's own; what it holds survives `stop` and `start`. */
export interface TestServer {
  /** With its password. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
  /** Starts it on its old port again. */
  start(): Promise<void>;
  /** Ends it for good and removes its files. */
  remove(): Promise<void>;
}

export interface ProgramTerms {
  readonly program: string;
  readonly args: readonly string[];
  /** The working folder. */
  readonly cwd: string;
  /** The user that it runs as, where that is another one. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Kills a program that has not got to its end, or to `ready`, when it aborts. */
  readonly signal: AbortSignal;
}

/**
 * Runs a program to its end.
 * @throws {Error} with what it printed when it cannot be run, or ends with another code than 0
 * @throws signal.reason when the signal aborts first
 */
export async function runToEnd(terms: ProgramTerms): Promise<void> {
  const { ended } = launch(terms);
  const { code, text } = await ended;
  if (code !== 0) throw new Error(text.trim() || `${terms.program} ended with ${code}`);
}

/**
 * Starts a program and resolves once it has printed `ready`. It is killed with this process.
 * @throws {Error} with what it printed when it cannot be run, or ends before
 * @throws signal.reason when the signal aborts first
 */
export async function startServerProcess(terms: ProgramTerms & { readonly ready: string }): Promise<ChildProcess> {
  const { child, ended, printed } = launch(terms);
  const early = ended.then(({ code, text }): never => {
    throw new Error(text.trim() || `${terms.program} ended with ${code}`);
  });
  await Promise.race([printed(terms.ready), early]);
  early.catch(() => {}); // its end is the caller's business from now on
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => void process.off("exit", kill));
  return child;
}

/** Sends a signal and waits for the end, where the process still runs. */
export async function endProcess(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

function launch({ program, args, cwd, user, signal }: ProgramTerms) {
  signal.throwIfAborted();
  const child = spawn(program, args, { cwd, ...user, stdio: ["ignore", "pipe", "pipe"] });
  const output = { text: "", onText: () => {} };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output.text += chunk;
      output.onText();
    });
  const kill = () => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  const ended = new Promise<{ readonly code: number | null; readonly text: string }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => (signal.aborted ? reject(signal.reason) : resolve({ code, text: output.text })));
  }).finally(() => signal.removeEventListener("abort", kill));
  const printed = (wanted: string) =>
    new Promise<void>((resolve) => {
      output.onText = () => {
        if (!output.text.includes(wanted)) return;
        output.onText = () => {};
        signal.removeEventListener("abort", kill);
        resolve();
      };
    });
  return { child, ended, printed };
}
