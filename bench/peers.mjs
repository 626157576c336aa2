// What the benchmarks compare with: libraries of bench/package.json, which the first benchmark that needs one installs
// into bench/node_modules. Neither `npm ci` nor `npm run check` does.
import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const cwd = fileURLToPath(new URL(".", import.meta.url));

/** Installs the peers where they are absent or older than the lockfile; false, after a plain line, where that is not possible. */
export async function hasPeers(print) {
  const changedAt = (file) => statSync(`${cwd}${file}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (changedAt("node_modules/.package-lock.json") > changedAt("package-lock.json")) return true;
  try {
    await promisify(execFile)("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd, timeout: 300_000 });
    return true;
  } catch {
    print({ left: "the peers: `npm ci` in bench/ failed, as it does without a network" });
    return false;
  }
}

/** Imports one of them: by a name that the type checker does not follow, since it may be absent. */
export const importPeer = (name) => import(name);
