import { describe, expect, it } from "vitest";
import { type Environment, parseConfig } from "../../src/base/config/config.js";
import type { ProviderSetup } from "../../src/providers/provider-definition.js";
import { providerDefinitions } from "../../src/providers/registry.js";

const parse = (environment: Environment) =>
  parseConfig(environment, { providers: providerDefinitions, platforms: [], storeSchemes: ["sqlite"] });

function providersOf(environment: Environment): readonly ProviderSetup[] {
  const parsed = parse(environment);
  if ("faults" in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.config.providers;
}
function fixesOf(environment: Environment): readonly string[] {
  const parsed = parse(environment);
  return "faults" in parsed ? parsed.faults.map(({ variable, fix }) => `${variable} ${fix}`) : [];
}
const ids = (environment: Environment) => providersOf(environment).map(({ id }) => id);

const KEY = "sk-a-key-that-nobody-may-see";

describe("providerDefinitions", () => {
  it("come in the order that decides the default model", () => {
    const order = "openai anthropic gemini openrouter groq mistral deepseek xai together ollama openai-compatible";
    const known = order.split(" ");
    const ids = providerDefinitions.map(({ id }) => id);
    expect(ids.filter((id) => known.includes(id))).toEqual(known);
    expect(ids.at(-1), "the demo is on where nothing before it is configured").toBe("demo");
  });

  it("have an id of their own each", () => {
    const ids = providerDefinitions.map(({ id }) => id);
    expect([...new Set(ids)]).toEqual(ids);
  });

  it("give the demo alone where nothing is set", () => {
    expect(ids({})).toEqual(["demo"]);
    expect(ids({ DEMO_PROVIDER: "off" })).toEqual([]);
    expect(ids({ OPENAI_API_KEY: KEY, DEMO_PROVIDER: "on" })).toEqual(["openai", "demo"]);
  });

  it.each([
    ["OPENAI", "https://api.openai.com/v1"],
    ["ANTHROPIC", "https://api.anthropic.com"],
    ["GEMINI", "https://generativelanguage.googleapis.com/v1beta/openai"],
    ["OPENROUTER", "https://openrouter.ai/api/v1"],
    ["GROQ", "https://api.groq.com/openai/v1"],
    ["MISTRAL", "https://api.mistral.ai/v1"],
    ["DEEPSEEK", "https://api.deepseek.com/v1"],
    ["XAI", "https://api.x.ai/v1"],
    ["TOGETHER", "https://api.together.xyz/v1"],
  ])("turn %s on by its key, at its own address or another", (prefix, url) => {
    const id = prefix.toLowerCase();
    expect(providersOf({ [`${prefix}_API_KEY`]: KEY })).toMatchObject([{ id, baseUrl: url, key: KEY }]);
    const moved = { [`${prefix}_API_KEY`]: KEY, [`${prefix}_BASE_URL`]: "http://127.0.0.1:9/x/" };
    expect(providersOf(moved)).toMatchObject([{ id, baseUrl: "http://127.0.0.1:9/x" }]);
    expect(providersOf(moved)[0]?.preferredFamilies.length).toBeGreaterThan(0);
    expect(ids({ [`${prefix}_BASE_URL`]: "http://127.0.0.1:9" })).toEqual(["demo"]);
  });

  it("turn Ollama on by its address", () => {
    expect(providersOf({ OLLAMA_BASE_URL: "http://127.0.0.1:11434" })).toMatchObject([
      { id: "ollama", baseUrl: "http://127.0.0.1:11434" },
    ]);
  });

  it("refuse to send a key over plain http to the world", () => {
    expect(fixesOf({ GROQ_API_KEY: KEY, GROQ_BASE_URL: "http://example.com" }).join()).toContain("GROQ_BASE_URL");
    expect(fixesOf({ OPENAI_COMPATIBLE: `far=http://example.com/v1|${KEY}` }).join()).toContain("plain http");
    expect(ids({ OPENAI_COMPATIBLE: "far=http://example.com/v1" })).toEqual(["far"]);
  });

  it("load every provider without asking anybody", async () => {
    const environment = Object.fromEntries(
      ["OPENAI", "ANTHROPIC", "GEMINI", "XAI"].map((prefix) => [`${prefix}_API_KEY`, KEY]),
    );
    const setups = providersOf({ ...environment, OLLAMA_BASE_URL: "http://a", OPENAI_COMPATIBLE: "b=http://b" });
    const clock = { now: () => 0, sleep: () => expect.unreachable() };
    for (const setup of setups) {
      const provider = await setup.load({ clock, warn: () => expect.unreachable() });
      expect(provider.id).toBe(setup.id);
    }
  });
});

describe("OPENAI_COMPATIBLE", () => {
  it("reads several endpoints, with and without keys", () => {
    const value = ` vllm=http://10.0.0.5:8000/v1/ , gate-2=https://gate.example/v1|${KEY}|x ,`;
    expect(providersOf({ OPENAI_COMPATIBLE: value })).toMatchObject([
      { id: "vllm", baseUrl: "http://10.0.0.5:8000/v1" },
      { id: "gate-2", baseUrl: "https://gate.example/v1", key: `${KEY}|x` },
    ]);
    expect(providersOf({ OPENAI_COMPATIBLE: value })[0]).not.toHaveProperty("key");
  });

  it("keeps its keys for the scrubber", () => {
    const parsed = parse({ OPENAI_COMPATIBLE: `a=https://a|${KEY}` });
    expect("config" in parsed && parsed.config.secrets).toContain(KEY);
  });

  it.each([
    ["no name", `https://host/v1|${KEY}`, "entry 1 must look like"],
    ["a key where the address belongs", `a=${KEY}`, 'entry 1 ("a"): its address must be an address'],
    ["a name in capitals", `Vllm=https://host|${KEY}`, "entry 1 needs a name"],
    ["a name that is too long", `${"a".repeat(33)}=https://host|${KEY}`, "entry 1 needs a name"],
    ["the name of a built-in provider", `a=https://a,openai=https://host|${KEY}`, 'entry 2 must not be named "openai"'],
    ["a name twice", `a=https://a,a=https://b|${KEY}`, 'entry 2 is the second one named "a"'],
    ["a user in the address", `a=https://${KEY}@host/v1`, "must not hold a user name"],
    ["another protocol", `a=ftp://host|${KEY}`, "http:// or https://"],
    ["an empty key", "a=https://host|", "leave the | out"],
    ["a key with a space", `a=https://host|${KEY} x`, "without spaces"],
  ])("refuses %s without repeating a key", (_what, value, fix) => {
    const fixes = fixesOf({ OPENAI_COMPATIBLE: value });
    expect(fixes.join("\n")).toContain(fix);
    expect(fixes.join("\n")).not.toContain(KEY);
  });

  it("takes a name of 32 characters and reports all faults at once", () => {
    expect(ids({ OPENAI_COMPATIBLE: `${"a".repeat(32)}=https://host` })).toEqual(["a".repeat(32)]);
    expect(fixesOf({ OPENAI_COMPATIBLE: "A=https://a,b,c=https://c" })).toHaveLength(2);
  });
});
