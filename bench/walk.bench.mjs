// How many files and functions of the bot one event runs through, see walk.mjs, which runs in a process of its own:
// coverage slows down what is measured beside it. `npm run bench -- walk --list` also lists the files.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const WALK = fileURLToPath(new URL("./walk.mjs", import.meta.url));

export async function run() {
  const options = process.argv.slice(2).filter((word) => word.startsWith("--"));
  const child = spawn(process.execPath, [WALK, ...options], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the walk ended with ${code}`);
}
