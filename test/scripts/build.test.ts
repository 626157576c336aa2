import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "evergreen-build-"));
  mkdirSync(join(checkout, "scripts"));
  for (const name of ["build.mjs", "notices.mjs", "loader.cjs"])
    cpSync(join("scripts", name), join(checkout, "scripts", name));
  for (const name of ["package.json", "tsconfig.json"]) cpSync(name, join(checkout, name));
  symlinkSync(resolve("node_modules"), join(checkout, "node_modules"));
  mkdirSync(join(checkout, "src", "page"), { recursive: true });
  writeFileSync(join(checkout, "src", "page", "style.css"), "body {}\n");
  writeSources("first");
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

/** A program that loads a module, and says a word of it, only once its standard input ends. */
function writeSources(word: string): void {
  const main = `process.stdin.resume().on("end", async () => console.log((await import("./late.js")).word));
console.log("started");\n`;
  writeFileSync(join(checkout, "src", "main.ts"), main);
  writeFileSync(join(checkout, "src", "late.ts"), `export const word: string = ${JSON.stringify(word)};\n`);
}

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>;
  text(): string;
}

function run(...args: readonly string[]): Run {
  const child = spawn(process.execPath, args, { cwd: checkout });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, text }));
  return { child, ended, text: () => text };
}

const build = () => run("scripts/build.mjs").ended;
const start = () => run("dist/main.js");
const endInput = ({ child, ended }: Run) => {
  child.stdin?.end();
  return ended;
};
const folders = () => readdirSync(checkout).filter((name) => name.startsWith("dist-"));

describe("the build", () => {
  it("ends well for two at once, with one complete dist/ and nothing left over", async () => {
    const builds = await Promise.all([build(), build()]);
    expect(builds.map(({ code }) => code)).toEqual([0, 0]);
    expect(builds.map(({ text }) => text).join("")).toMatch(/^(building…\n){1,2}$/);
    expect(await build()).toEqual({ code: 0, text: "" });
    expect(await Promise.all([endInput(start()), endInput(start())])).toEqual(
      Array(2).fill({ code: 0, text: "started\nfirst\n" }),
    );
    expect(existsSync(join(checkout, "dist", "page", "style.css"))).toBe(true);
    expect(folders()).toHaveLength(1);
  });

  it("leaves a running process its own modules when changed sources are built", async () => {
    await build();
    const running = start();
    await once(running.child.stdout as NonNullable<ChildProcess["stdout"]>, "data");
    writeSources("second");
    await build();
    expect((await endInput(running)).text).toBe("started\nfirst\n");
    expect((await endInput(start())).text).toBe("started\nsecond\n");
  });

  it("keeps the last good dist/ when the sources have a fault", async () => {
    await build();
    writeFileSync(join(checkout, "src", "late.ts"), "export const word: string = ;\n");
    const { code, text } = await build();
    expect(code).not.toBe(0);
    expect(text).toContain("late.ts");
    expect((await endInput(start())).text).toBe("started\nfirst\n");
    expect(folders()).toHaveLength(1);
  });

  it("lets a file find what is beside it, and its thread, whatever it is bundled into", async () => {
    mkdirSync(join(checkout, "src", "deep"));
    writeFileSync(join(checkout, "src", "deep", "word.txt"), "beside");
    writeFileSync(
      join(checkout, "src", "deep", "echo-worker.ts"),
      `import { parentPort } from "node:worker_threads";
import { half } from "../half.js";
parentPort?.on("message", (word: string) => { parentPort?.postMessage(half(word)); process.exit(); });\n`,
    );
    writeFileSync(join(checkout, "src", "half.ts"), "export const half = (word: string) => word.slice(0, 3);\n");
    writeFileSync(
      join(checkout, "src", "deep", "read.ts"),
      `import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
export function read() {
  const worker = new Worker(new URL("./echo-worker.js", import.meta.url));
  worker.once("message", (word) => console.log(word));
  worker.postMessage(readFileSync(new URL("./word.txt", import.meta.url), "utf8"));
}\n`,
    );
    const main = `import { read } from "./deep/read.js";\nimport { half } from "./half.js";\nconsole.log(half("main"));\nread();\n`;
    writeFileSync(join(checkout, "src", "main.ts"), main);
    await build();
    for (const path of ["dist/main.js", "dist/modules/main.js"])
      expect((await run(path).ended).text).toBe("mai\nbes\n");
  });

  it("takes the place of a dist/ that is a plain folder, and of what a killed build left behind", async () => {
    const dead = run("--eval", "");
    await dead.ended;
    mkdirSync(join(checkout, "dist"));
    writeFileSync(join(checkout, "dist", "main.js"), "console.log('old')\n");
    mkdirSync(join(checkout, `dist-new.${dead.child.pid}`));
    await build();
    expect((await endInput(start())).text).toBe("started\nfirst\n");
    expect(folders()).toHaveLength(1);
  });

  it("keeps what a start compiled for the next one, and starts all the same where that is damaged", async () => {
    await build();
    const soon = join(checkout, "soon.cjs");
    writeFileSync(soon, "const set = setTimeout; globalThis.setTimeout = (work) => set(work, 0);\n");
    const { main } = JSON.parse(readFileSync(join(checkout, "dist", "package.json"), "utf8"));
    const written = join(checkout, "dist", `code-cache-${process.version}-${process.arch}`, main);
    const startOnce = async () => {
      const started = run("--require", soon, "dist/main.js");
      await vi.waitFor(() => expect(readFileSync(written, "utf8")).not.toBe("damaged"), { timeout: 20_000 });
      expect((await endInput(started)).text).toBe("started\nfirst\n");
      return { content: readFileSync(written), at: statSync(written).mtimeMs };
    };
    const first = await startOnce();
    expect(await startOnce()).toEqual(first);
    writeFileSync(written, "damaged");
    await startOnce();
  });

  it("removes builds beyond the ten newest", async () => {
    for (let number = 10; number < 30; number++) mkdirSync(join(checkout, `dist-0123456789${number}`));
    await build();
    expect(folders()).toHaveLength(10);
    expect((await endInput(start())).text).toBe("started\nfirst\n");
  });

  it("runs an existing dist/ where there is no bundler, and says what to do where there is neither", async () => {
    await build();
    rmSync(join(checkout, "node_modules"));
    expect(await build()).toEqual({ code: 0, text: "" });
    expect((await endInput(start())).text).toBe("started\nfirst\n");
    rmSync(join(checkout, "dist"));
    expect(await build()).toMatchObject({ code: 1, text: expect.stringContaining("npm ci") });
  });
});
