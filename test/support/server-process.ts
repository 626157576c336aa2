import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";
import { TimeoutError } from "../../src/base/errors.js";

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
  /** How long it may print nothing before it ends or is ready. Default: 30 s, after which it is taken to hang. */
  readonly silenceMs?: number | undefined;
  /** Kills a program that has not got to its end, or to `ready`, when it aborts. */
  readonly signal?: AbortSignal;
}

const SILENCE_MS = 30_000;

/**
 * Runs a program to its end.
 * @throws {Error} with what it printed when it cannot be run, or ends with another code than 0
 * @throws {TimeoutError} when it prints nothing for `silenceMs`
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
 * @throws {TimeoutError} when it prints nothing for `silenceMs`
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

function launch({ program, args, cwd, user, signal, silenceMs = SILENCE_MS }: ProgramTerms) {
  signal?.throwIfAborted();
  const child = spawn(program, args, { cwd, ...user, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  let wanted: { readonly text: string; found(): void } | undefined;
  let fault: unknown;
  const giveUp = (reason: unknown) => {
    fault = reason;
    child.kill("SIGKILL");
  };
  const abort = () => giveUp(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const silence = setTimeout(() => giveUp(new TimeoutError(basename(program), silenceMs)), silenceMs);
  const watchNoMore = () => {
    clearTimeout(silence);
    signal?.removeEventListener("abort", abort);
  };
  let isReady = false;
  const onText = (chunk: string) => {
    if (isReady) return; // what a server prints later is of no interest
    text += chunk;
    silence.refresh();
    if (wanted === undefined || !text.includes(wanted.text)) return;
    isReady = true;
    watchNoMore();
    wanted.found();
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", onText);
  const ended = new Promise<{ readonly code: number | null; readonly text: string }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => (fault === undefined ? resolve({ code, text }) : reject(fault)));
  }).finally(watchNoMore);
  const printed = (expected: string) =>
    new Promise<void>((resolve) => {
      wanted = { text: expected, found: resolve };
    });
  return { child, ended, printed };
}
