import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readableStack } from "../../src/base/log.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergreen-maps-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const place = (name: string, line = 1, column = 1) => `${pathToFileURL(join(folder, name))}:${line}:${column}`;

describe("readableStack", () => {
  it("says the place in the source where the built file has a map", () => {
    // One mapping: the first column of the first line comes from line 3, column 5 of the source.
    const map = { version: 3, sources: ["../src/deep/read.ts"], names: [], mappings: "AAEI" };
    writeFileSync(join(folder, "main.js.map"), JSON.stringify(map));
    expect(readableStack(`Error: no\n    at read (${place("main.js")})\n    at node:fs:1:1`)).toBe(
      "Error: no\n    at read (src/deep/read.ts:3:5)\n    at node:fs:1:1",
    );
  });

  it("leaves a place as it is that comes from no source", () => {
    // One mapping, of a column that stands in no source.
    writeFileSync(
      join(folder, "own.js.map"),
      JSON.stringify({ version: 3, sources: ["../src/a.ts"], names: [], mappings: "A,EAAA" }),
    );
    expect(readableStack(`at ${place("own.js")}`)).toBe(`at ${place("own.js")}`);
  });

  it("leaves a place as it is without a map, and with a damaged one", () => {
    writeFileSync(join(folder, "torn.js.map"), "{");
    for (const name of ["none.js", "torn.js"]) expect(readableStack(`at ${place(name)}`)).toBe(`at ${place(name)}`);
  });

  it("reads the maps of the build", () => {
    const code = `const { readableStack } = await import("./dist/modules/base/log.js");
      const { createScrubber } = await import("./dist/modules/base/log.js");
      try { createScrubber(1); } catch (error) { console.log(readableStack(error.stack)); }`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
    expect(printed).toMatch(/at createScrubber \(src\/base\/log\.ts:\d+:\d+\)/);
  });
});
