import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

/** From the top down: a folder imports itself and the folders after it. */
const LAYERS = ["main", "bot", "commands", "refresh", "usage", "store", "providers", "base"];

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => normalize(file));
const source = new Map(files.map((file) => [file, readFileSync(join("src", file), "utf8")]));
const codeOf = (file: string) =>
  (source.get(file) ?? "").replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");

/** Everything that a file imports, types and dynamic imports too. */
const importsOf = (file: string) =>
  [
    ...codeOf(file).matchAll(
      /\bfrom\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|\bimport\s+["']([^"']+)["']/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
const localImportsOf = (file: string) =>
  importsOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => normalize(join(dirname(file), specifier.replace(/\.js$/, ".ts"))));

function layerOf(file: string): string {
  const [top = "", ...rest] = file.split("/");
  if (rest.length > 0) return top;
  return /^(main|app)\.ts$/.test(file) ? "main" : "base";
}

const importersOf = (pattern: RegExp) =>
  files.filter((file) => importsOf(file).some((specifier) => pattern.test(specifier)));
const usersOf = (pattern: RegExp) => files.filter((file) => pattern.test(codeOf(file)));

describe("layering", () => {
  it("finds the source", () => {
    expect(files.length).toBeGreaterThan(10);
  });

  it("knows every folder", () => {
    expect(files.map(layerOf).filter((layer) => !LAYERS.includes(layer))).toEqual([]);
  });

  it("lets a folder import only itself and what is below it", () => {
    const upward = files.flatMap((file) =>
      localImportsOf(file)
        .filter((target) => LAYERS.indexOf(layerOf(target)) < LAYERS.indexOf(layerOf(file)))
        .map((target) => `${file} → ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it("has no import cycles, types counted", () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) return void cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      if (done.has(file)) return;
      for (const target of localImportsOf(file)) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("resolves every local import", () => {
    const missing = files.flatMap((file) => localImportsOf(file).filter((target) => !source.has(target)));
    expect(missing).toEqual([]);
  });

  it("imports a registry in main.ts only", () => {
    expect(importersOf(/\/registry\.js$/).filter((file) => file !== "main.ts")).toEqual([]);
  });

  it.each([
    ["the OpenAI SDK", /^openai(\/|$)/, /^providers\//],
    ["the Anthropic SDK", /^@anthropic-ai\//, /^providers\//],
    ["discord.js", /^discord\.js$/, /^bot\/discord\//],
    ["Bolt", /^@slack\//, /^bot\/slack\//],
    ["Keyv and its drivers", /^(keyv|@keyv\/.+|libsql|sqlite3|pg)$/, /^store\//],
    ["node-cron", /^node-cron$/, /^refresh\/schedule\.ts$/],
    ["Hono", /^(hono|@hono\/)/, /^bot\/(http|playground|console)\//],
    ["pino", /^pino$/, /^log\.ts$/],
    ["prom-client", /^prom-client$/, /metrics\.ts$/],
    ["chart.js and its canvas", /^(chart\.js|@napi-rs\/canvas)$/, /^usage\/chart\/(draw-chart|chart-options)\.ts$/],
  ])("imports %s in its adapter only", (_name, pattern, home) => {
    expect(importersOf(pattern).filter((file) => !home.test(file))).toEqual([]);
  });

  it("reads process.env in main.ts only", () => {
    expect(usersOf(/process\.env/).filter((file) => file !== "main.ts")).toEqual([]);
  });

  it("reads time in clock.ts only", () => {
    const pattern = /\bDate\.now\(|\bsetTimeout\(|\bsetInterval\(|\bfrom ["']node:timers/;
    expect(usersOf(pattern).filter((file) => file !== "clock.ts" && !file.includes("/page/"))).toEqual([]);
  });

  it("uses no any", () => {
    expect(usersOf(/(:|<|\bas|,)\s*any\b/)).toEqual([]);
  });

  it("has no barrels", () => {
    expect(files.filter((file) => /(^|\/)index\.ts$/.test(file))).toEqual([]);
  });
});
