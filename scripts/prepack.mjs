// Copies the build into dist-package/ for `npm pack`, which leaves out links such as dist/. What only the scripts and
// benchmarks of a checkout import (modules/) stays out, and what this machine has compiled.
import { cpSync, realpathSync, renameSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const build = realpathSync(join(root, "dist"));
const target = join(root, "dist-package");
const fresh = `${target}.${process.pid}`;

rmSync(fresh, { recursive: true, force: true });
const isShipped = (path) => !/^(modules$|code-cache-)/.test(relative(build, path));
cpSync(build, fresh, { recursive: true, filter: isShipped });
rmSync(target, { recursive: true, force: true });
renameSync(fresh, target);
