import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { providerDefinitions } from "../../src/providers/registry.js";
import { createModelFacts, parseModelTable, readModelTable } from "../../src/usage/model-facts.js";

const HEAD = `# Source: somewhere
# As of: 2026-07-02
provider,model,contextTokens,outputTokens,inputPrice,outputPrice,cachedPrice,pricedUpToTokens,input
`;
const priceIn = (rows: string, model: string) => parseModelTable(`${HEAD}${rows}\n`).find("openai", model)?.inputPrice;

describe("parseModelTable()", () => {
  it("leaves what is unknown unset and keeps what is free at 0", () => {
    const table = parseModelTable(`${HEAD}mistral,free,100,,0,0,,,text+image\nmistral,bare,,,,,,,\n`);
    expect(table.find("mistral", "free")).toEqual({
      contextTokens: 100,
      inputPrice: 0,
      outputPrice: 0,
      input: ["text", "image"],
    });
    expect(table.find("mistral", "bare")).toEqual({});
  });

  it("knows a model of its own provider only", () => {
    const table = parseModelTable(`${HEAD}groq,openai/gpt-oss,1,1,1,1,,,text\n`);
    expect(table.find("groq", "openai/gpt-oss")).toBeDefined();
    expect(table.find("openai", "gpt-oss")).toBeUndefined();
    expect(table.find("together", "openai/gpt-oss")).toBeUndefined();
    expect(table.find("groq", "__proto__")).toBeUndefined();
  });

  it("takes the family of a dated snapshot that is not listed", () => {
    const rows = "openai,gpt-5,,,1,,,,\nopenai,claude-x-4-5,,,2,,,,";
    expect(priceIn(rows, "gpt-5-2025-08-07")).toBe(1);
    expect(priceIn(rows, "gpt-5-2026-07-02")).toBe(1);
    expect(priceIn(rows, "claude-x-4-5-20250929")).toBe(2);
  });

  it("takes the exact row first, and no family whose snapshots are listed one by one", () => {
    const rows = "openai,gpt-4o,,,2.5,,,,\nopenai,gpt-4o-2024-05-13,,,5,,,,";
    expect(priceIn(rows, "gpt-4o-2024-05-13")).toBe(5);
    expect(priceIn(rows, "gpt-4o-2024-08-06")).toBeUndefined();
    expect(priceIn(rows, "gpt-4o")).toBe(2.5);
  });

  it.each([
    "gpt-5-2026-07-03",
    "gpt-5-mini",
    "gpt-5-mini-2025-08-07",
    "gpt-5-0613",
    "gpt-5-latest",
    "gpt-5-2025-13-07",
    "gpt-5-2025-0807",
    "gpt-5-2025-08-07-preview",
    "GPT-5",
    "",
  ])("knows nothing of %s by its family", (model) => {
    expect(priceIn("openai,gpt-5,,,1,,,,", model)).toBeUndefined();
  });
});

describe("readModelTable()", () => {
  it("reads every row of the table in the repository as what it claims to be", () => {
    const text = readFileSync("src/usage/model-table.csv", "utf8");
    const [header, ...rows] = text
      .trim()
      .split("\n")
      .filter((line) => !line.startsWith("#"));
    expect(text).toMatch(/^# Source: https:\/\/models\.dev.*MIT/m);
    expect(rows.length).toBeGreaterThan(100);
    const table = readModelTable();
    for (const [provider = "", model = "", ...cells] of rows.map((row) => row.split(","))) {
      expect(cells).toHaveLength((header ?? "").split(",").length - 2);
      const { input = [], ...numbers } =
        table.find(provider, model) ?? expect.fail(`${provider}/${model} is not found`);
      expect(["", "text", "text,image"]).toContain(input.join());
      for (const [name, number] of Object.entries(numbers)) {
        expect(number, `${name} of ${provider}/${model}`).toBeGreaterThanOrEqual(name.endsWith("Price") ? 0 : 1);
        expect(number, `${name} of ${provider}/${model}`).toBeLessThan(10_000_000);
      }
      expect(numbers.cachedPrice ?? 0).toBeLessThanOrEqual(numbers.inputPrice ?? 0);
    }
    expect(table.asOf).toMatch(/^2026-/);
  });

  it("is beside the built file too", () => {
    const code = `const { readModelTable } = await import("./dist/modules/usage/model-facts.js");
      console.log(readModelTable().find("openai", "gpt-5").contextTokens)`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
    expect(printed.trim()).toBe("400000");
  });
});

describe("scripts/model-table.mjs", () => {
  const providers = providerDefinitions.flatMap(({ modelsDevId }) => modelsDevId ?? []);
  const api = (models: object) =>
    Object.fromEntries(providers.map((id) => [id, { id, models: id === "google" ? models : {} }]));
  const run = (content: object, day = "2026-08-01") => {
    const path = join(mkdtempSync(join(tmpdir(), "table-")), "api.json");
    writeFileSync(path, JSON.stringify(content));
    return spawnSync(process.execPath, ["scripts/model-table.mjs", path, day], { encoding: "utf8" });
  };

  it("prints a table that is read back as models.dev tells it, under our provider's id", () => {
    const { stdout } = run(
      api({
        pro: {
          limit: { context: 1000, output: 10 },
          cost: { input: 2, output: 12, cache_read: 0.2, tiers: [{ tier: { size: 200 }, input: 4, output: 18 }] },
          modalities: { input: ["text", "image", "pdf"], output: ["text"] },
        },
        free: { limit: { context: 5 }, cost: { input: 0, output: 0, cache_read: 0 } },
        unsure: { limit: { context: 5 }, cost: { input: 1, output: 1, cache_read: 0 } },
        painter: { limit: { context: 5 }, modalities: { input: ["text"], output: ["image"] } },
      }),
    );
    const table = parseModelTable(stdout);
    const facts = createModelFacts(() => table);
    expect(table.asOf).toBe("2026-08-01");
    expect(facts("gemini", "pro")).toEqual({
      priceSource: "table",
      contextTokens: 1000,
      outputTokens: 10,
      inputPrice: 2,
      outputPrice: 12,
      cachedPrice: 0.2,
      pricedUpToTokens: 200,
      input: ["text", "image"],
    });
    expect(facts("gemini", "free")).toMatchObject({ inputPrice: 0, cachedPrice: 0 });
    expect(facts("gemini", "unsure").cachedPrice).toBeUndefined();
    expect(facts("gemini", "painter")).toEqual({});
  });

  it("refuses a file without a provider that it needs, a day that is none, and an id that would break a row", () => {
    expect(run({ openai: { models: {} } }).stderr).toContain('has no provider "anthropic"');
    expect(run(api({}), "today").stderr).toContain("YYYY-MM-DD");
    expect(run(api({ "a,b": { limit: { context: 5 } } })).stderr).toContain("would need quotes");
  });
});
