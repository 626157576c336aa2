import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const root = "src/providers";
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

/** What a file pulls in when it is imported; types cost nothing. */
const staticImports = (file: string) =>
  [...readFileSync(join(root, file), "utf8").matchAll(/^import (?!type\b)[^;]*?from "([^"]+)"/gm)].map(
    (match) => match[1] ?? "",
  );

function reach(file: string, seen = new Set<string>()): Set<string> {
  for (const specifier of staticImports(file)) {
    const target = specifier.startsWith("./") || specifier.startsWith("../") ? localFile(file, specifier) : specifier;
    if (seen.has(target)) continue;
    seen.add(target);
    if (files.includes(target)) reach(target, seen);
  }
  return seen;
}
const localFile = (file: string, specifier: string) =>
  normalize(join(dirname(file), specifier.replace(/\.js$/, ".ts")));

describe("the registry", () => {
  it("imports no SDK before a provider is loaded", () => {
    expect(
      [...reach("registry.ts")].filter((target) => !files.includes(target) && /^(openai|@anthropic-ai)/.test(target)),
    ).toEqual([]);
  });

  it("is seen through: the provider itself does import one", () => {
    expect([...reach("openai-wire/openai-provider.ts")]).toContain("openai");
    expect([...reach("registry.ts")]).toContain("openai.ts");
  });
});
