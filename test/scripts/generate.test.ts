import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { licencesPage } from "../../scripts/docs/licences.mjs";

const run = (...words: readonly string[]) =>
  promisify(execFile)(process.execPath, words, { maxBuffer: 1e8 }).catch((error: { stderr: string }) => {
    throw new Error(error.stderr);
  });

describe("what is generated from the source", () => {
  it("is current: .env.example, the references, the texts, the licences", async () => {
    await run("scripts/generate.mjs", "--check");
  });

  it("names what is shipped in the bill of materials, and no tool of the developers", async () => {
    const bom = JSON.parse((await run("scripts/sbom.mjs")).stdout);
    const names: string[] = bom.components.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["@discordjs/ws", "@slack/bolt", "hono", "libsql", "dompurify"]));
    expect(names.filter((name) => /^(vitest|typescript|rolldown|playwright-core)$/.test(name))).toEqual([]);
    const bundled: string[] = JSON.parse(readFileSync("dist/bundled.json", "utf8"));
    const refs = new Set(bom.components.map((component: Record<string, string>) => component["bom-ref"]));
    expect(bundled.filter((id) => !refs.has(id))).toEqual([]);
    expect(bom.metadata.component).toMatchObject({ name: "evergreen-bot", type: "application" });
  });
});

describe("licencesPage", () => {
  const page = (license: string) => licencesPage([{ name: "some-library", license, isBundled: true }]);

  it("lists a package under its licence, and takes a choice where one of its licences is allowed", () => {
    expect(page("MIT")).toContain("| MIT | some-library | – |");
    expect(page("GPL-3.0-only OR MIT")).toContain("some-library");
  });

  it("refuses a licence that is not allowed", () => {
    for (const license of ["GPL-3.0-only", "unknown"]) expect(() => page(license)).toThrow(`some-library (${license})`);
  });
});
