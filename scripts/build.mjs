// Builds src/ into a folder named after its sources (dist-<hash>) and points the link dist/ at it in one step.
// A running process keeps the folder it was started from, so that another build never changes a module it loads later.
// Without the compiler (an install with --omit=dev) an existing dist/ is run as it is.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Builds that stay, the newest first: a process that runs from an older one can no longer load further modules. */
const KEPT_BUILDS = 10;
/** How often a build starts over because the sources changed while it ran. */
const ATTEMPTS = 3;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const dist = join(root, "dist");
const own = (purpose) => join(root, `dist-${purpose}.${process.pid}`);
const remove = (path) => rmSync(path, { recursive: true, force: true });

function compilerPath() {
  try {
    return join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  } catch {
    return undefined;
  }
}

function filesBelow(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** A hash of everything that decides what a build contains. */
function sourceHash() {
  const settings = ["package-lock.json", "tsconfig.json", "tsconfig.build.json", "scripts/build.mjs"];
  const present = settings.map((name) => join(root, name)).filter((path) => existsSync(path));
  const hash = createHash("sha256");
  for (const path of [...present, ...filesBelow(join(root, "src")).sort()]) {
    const content = readFileSync(path);
    hash.update(`${relative(root, path)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}

function compile(folder) {
  const args = [compiler, "-p", join(root, "tsconfig.build.json"), "--outDir", folder];
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit", cwd: root });
  if (status !== 0) {
    remove(folder);
    process.exit(status ?? 1);
  }
  const filter = (path) => !path.endsWith(".ts");
  cpSync(join(root, "src"), folder, { recursive: true, filter });
}

/** Returns the name of a complete build of the sources as they are now. */
function build() {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const hash = sourceHash();
    const name = `dist-${hash}`;
    if (existsSync(join(root, name))) return name;
    const folder = own("new");
    compile(folder);
    if (sourceHash() === hash) {
      moveInto(folder, join(root, name));
      return name;
    }
    remove(folder);
  }
  console.error("The sources kept changing during the build. Run it again once they rest.");
  process.exit(1);
}

/** A build of the same sources that ends first wins. */
function moveInto(folder, target) {
  try {
    renameSync(folder, target);
  } catch (error) {
    remove(folder);
    if (!existsSync(target)) throw error;
  }
}

/** Replaces the link in one step, so that there is a dist/ at every moment. */
function pointTo(name) {
  const before = lstatSync(dist, { throwIfNoEntry: false });
  if (before?.isSymbolicLink() && readlinkSync(dist) === name) return;
  const now = new Date();
  utimesSync(join(root, name), now, now);
  if (before?.isDirectory()) setAside();
  const link = own("link");
  remove(link);
  symlinkSync(name, link);
  renameSync(link, dist);
}

/** A folder dist/ from before it was a link, which no link can replace in one step. */
function setAside() {
  try {
    renameSync(dist, own("old"));
    remove(own("old"));
  } catch (error) {
    if (error.code !== "ENOENT") throw error; // another build was faster
  }
}

const isRunning = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
};

/** Removes what killed builds left behind, and the builds beyond the newest ones. */
function tidy(current) {
  const names = readdirSync(root);
  for (const name of names) {
    const pid = /^dist-(?:new|old|link)\.(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) remove(join(root, name));
  }
  const builds = names.filter((name) => /^dist-[0-9a-f]{12}$/.test(name) && name !== current);
  const age = (name) => statSync(join(root, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sorted = builds.map((name) => ({ name, at: age(name) })).sort((a, b) => b.at - a.at);
  for (const { name } of sorted.slice(KEPT_BUILDS - 1)) remove(join(root, name));
}

const compiler = compilerPath();
if (compiler === undefined) {
  if (existsSync(join(dist, "main.js"))) process.exit(0);
  console.error(
    "There is no dist/ to run and no TypeScript compiler to make it. Run `npm ci` (without --omit=dev) and then `npm run build`.",
  );
  process.exit(1);
}
const name = build();
pointTo(name);
tidy(name);
