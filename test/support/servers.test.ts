import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { packagedPrograms, startPostgres } from "./postgres-server.js";
import { startRedis } from "./redis-server.js";

let folder: string;
let lines: string[];
const usual = process.env.TMPDIR;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergreen-servers-"));
  mkdirSync(join(folder, "native", "bin"), { recursive: true });
  mkdirSync(join(folder, "tmp"));
  chmodSync(folder, 0o755);
  process.env.TMPDIR = join(folder, "tmp");
  lines = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => lines.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  if (usual === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usual;
  rmSync(folder, { recursive: true, force: true });
});

const silenceMs = 1_000;
const programs = () => join(folder, "native", "bin");
const starts = {
  PostgreSQL: () => startPostgres({ programs: programs(), silenceMs }),
  Redis: () => startRedis({ program: join(programs(), "redis-server"), silenceMs }),
};

/** Programs of these names that run a shell script. */
function fake(script: string): void {
  for (const name of ["initdb", "postgres", "redis-server"])
    writeFileSync(join(programs(), name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

describe.each(["PostgreSQL", "Redis"] as const)("a %s that does not start", (name) => {
  const expectSkipped = async (reason: string) => {
    expect(await starts[name]()).toBeUndefined();
    const line = `^${name}: none starts here \\(${reason}.*\\), its tests are skipped\n$`;
    expect(lines).toEqual([expect.stringMatching(line)]);
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  };

  it("is given up when its program hangs", async () => {
    fake("exec sleep 1000");
    await expectSkipped("(initdb|redis-server) ");
  });

  it("is given up with what its program printed when that ends", async () => {
    fake("echo no such locale; echo more >&2; exit 3");
    await expectSkipped("no such locale");
  });

  it("is given up when its program is missing", async () => {
    await expectSkipped("spawn .* ENOENT");
  });
});

describe("a PostgreSQL below a private folder", () => {
  it("starts, whoever runs the tests, and leaves nothing behind", async () => {
    cpSync(dirname(packagedPrograms()), join(folder, "native"), { recursive: true, verbatimSymlinks: true });
    chmodSync(join(folder, "native"), 0o700);
    const server = await startPostgres({ programs: programs() });
    expect(lines).toEqual([]);
    await server?.remove();
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  });
});
