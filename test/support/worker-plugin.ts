import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const WORKER = /new URL\("(\.\.?\/[^"]+)\.js", import\.meta\.url\)/g;
const TERMS = ["--ignoreConfig", "--noCheck", "--sourceMap", "--module", "nodenext", "--target", "es2023"];

/**
 * Makes `new Worker(new URL("./x.js", import.meta.url))` work in tests, where there is no x.js yet: the worker's file, and
 * what it imports, are compiled into a folder of their own.
 */
export function workerPlugin() {
  let folder: string | undefined;
  const compiled = (source: string): string => {
    if (folder === undefined) {
      const made = mkdtempSync(join(tmpdir(), "evergreen-workers-"));
      writeFileSync(join(made, "package.json"), '{"type":"module"}');
      symlinkSync(join(root, "node_modules"), join(made, "node_modules"));
      process.once("exit", () => rmSync(made, { recursive: true, force: true }));
      folder = made;
    }
    const places = ["--types", "node", "--rootDir", join(root, "src"), "--outDir", folder];
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    execFileSync(process.execPath, [compiler, ...TERMS, ...places, source], { cwd: root });
    return join(folder, relative(join(root, "src"), source).replace(/\.ts$/, ".js"));
  };
  return {
    name: "worker-files",
    enforce: "pre" as const,
    transform: (code: string, id: string) =>
      id.endsWith(".ts") && id.startsWith(join(root, "src")) && WORKER.test(code)
        ? code.replace(
            WORKER,
            (_match, path: string) => `new URL("${pathToFileURL(compiled(join(dirname(id), `${path}.ts`)))}")`,
          )
        : undefined,
  };
}
