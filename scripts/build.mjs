// Makes dist/ from src/. Without the compiler (an install with --omit=dev) an existing dist/ is run as it is.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

function compilerPath() {
  try {
    return join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  } catch {
    return undefined;
  }
}

const compiler = compilerPath();
if (compiler === undefined) {
  if (existsSync(join(root, "dist", "main.js"))) process.exit(0);
  console.error(
    "There is no dist/ to run and no TypeScript compiler to make it. Run `npm ci` (without --omit=dev) and then `npm run build`.",
  );
  process.exit(1);
}
const { status } = spawnSync(process.execPath, [compiler, "-p", join(root, "tsconfig.build.json")], {
  stdio: "inherit",
  cwd: root,
});
if (status !== 0) process.exit(status ?? 1);

const pages = ["http", "playground", "console"].map((owner) => join("bot", "web", owner, "page"));
for (const path of [...pages, join("usage", "model-table.csv")])
  cpSync(join(root, "src", path), join(root, "dist", path), { recursive: true });
