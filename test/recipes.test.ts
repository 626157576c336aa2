import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** What a newcomer's check runs over; the whole suite takes minutes. */
const TESTS = [
  "test/layering.test.ts",
  "test/base/config",
  "test/providers/registry.test.ts",
  "test/commands/help.test.ts",
  "test/commands/doors.test.ts",
  "test/commands/audit.test.ts",
  "test/bot/registry.test.ts",
  "test/bot/slack/setup/manifest.test.ts",
];

const COPIED = [
  "src",
  "test",
  "scripts",
  "bench",
  "deploy",
  "docs",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "vitest.config.ts",
  ".env.example",
  "CONTRIBUTING.md",
  "README.md",
];

let root: string;
const guide = readFileSync("CONTRIBUTING.md", "utf8");

/** What the benchmarks fetch and make. */
const FETCHED = /^bench.(built|sources|node_modules)/;

/** The code of the guide that is meant for a file. */
function codeFor(path: string): string {
  const marker = `// ${path}\n`;
  const block = guide.split("```ts\n").find((text) => text.trimStart().startsWith(marker));
  if (block === undefined) throw new Error(`CONTRIBUTING.md has no code for ${path}`);
  return block
    .slice(block.indexOf(marker) + marker.length, block.indexOf("```"))
    .trimEnd()
    .concat("\n");
}

function write(path: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), codeFor(path));
}

/** Adds an import and an entry to a registry, before the entry that is given. */
function register(path: string, importLine: string, entry: string, before: string) {
  const text = readFileSync(join(root, path), "utf8");
  expect(text).toContain(before);
  writeFileSync(join(root, path), `${importLine}\n${text.replace(before, `${entry} ${before}`)}`);
}

/** Resolves with what the program printed, and throws it where the program failed. */
const run = async (command: string, ...words: string[]) =>
  promisify(execFile)(process.execPath, [command, ...words], { cwd: root, maxBuffer: 1e8 }).catch((error) => {
    throw new Error(`${command} failed:\n${error.stdout}${error.stderr}`);
  });

describe("CONTRIBUTING.md, followed to the letter", () => {
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "recipes-"));
    for (const path of COPIED)
      cpSync(path, join(root, path), { recursive: true, filter: (each) => !FETCHED.test(each) });
    symlinkSync(resolve("node_modules"), join(root, "node_modules"));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it("adds a provider, a command and a platform with a file and a line each, and leaves everything green", async () => {
    write("src/providers/cerebras.ts");
    register("src/providers/registry.ts", 'import { cerebras } from "./cerebras.js";', "cerebras,", "ollama,");
    write("src/commands/models-count.ts");
    register(
      "src/commands/registry.ts",
      'import { modelsCount } from "./models-count.js";',
      "modelsCount(deps),",
      "modelsChanges(deps),",
    );
    write("src/bot/terminal/definition.ts");
    write("src/bot/terminal/terminal.ts");
    register(
      "src/bot/registry.ts",
      'import { terminalPlatform } from "./terminal/definition.js";',
      "terminalPlatform,",
      "playgroundPlatform]",
    );
    await Promise.all([
      // With links taken as they are, the copy's files and libraries have the places that the last check of types knew.
      run("node_modules/typescript/bin/tsc", "--noEmit", "--preserveSymlinks"),
      run("node_modules/vitest/vitest.mjs", "run", "--no-isolate", "--maxWorkers=1", ...TESTS),
    ]);
  }, 300_000);
});
