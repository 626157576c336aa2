// Compiles the bot with the world that it is measured in, and tells which source file a script was.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const WALK = "test/support/walk";

/** Compiles test/support/walk.ts and all that it imports into a temporary folder that is laid out like the repository. */
export function compileBot() {
  const folder = mkdtempSync(join(tmpdir(), "evergreen-walk-"));
  const project = join(folder, "tsconfig.json");
  const compilerOptions = { noEmit: false, rootDir: ROOT, outDir: folder };
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions,
      files: [join(ROOT, `${WALK}.ts`)],
      include: [],
    }),
  );
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const filter = (path) => !path.endsWith(".ts");
  for (const part of ["src", "test"]) cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter });
  const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", project], { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("the bot and its fakes do not compile");
  const prefix = pathToFileURL(join(folder, "src/")).href;
  return {
    /** What test/support/walk.ts exports; it is TypeScript so that the types check sees what it uses of the fakes. */
    load: () => import(pathToFileURL(join(folder, `${WALK}.js`)).href),
    /** The source file that a script was compiled from; undefined where it is not one of the bot's. */
    sourceOf: (url) => (url.startsWith(prefix) ? `src/${url.slice(prefix.length).replace(/\.js$/, ".ts")}` : undefined),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
