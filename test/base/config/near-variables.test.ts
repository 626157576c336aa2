import { describe, expect, it } from "vitest";
import { allVariables, meantVariable, parseConfig } from "../../../src/base/config/config.js";
import { platformDefinitions } from "../../../src/bot/registry.js";
import { providerDefinitions } from "../../../src/providers/registry.js";

const known = Object.keys(allVariables([...providerDefinitions, ...platformDefinitions]));
const meant = (name: string, isSet: (name: string) => boolean = () => false) => meantVariable(name, known, isSet);

describe("meantVariable()", () => {
  it.each([
    ["OPENAI_API_KY", "OPENAI_API_KEY"],
    ["OPENAI_APIKEY", "OPENAI_API_KEY"],
    ["OPEN_AI_API_KEY", "OPENAI_API_KEY"],
    ["openai_api_key", "OPENAI_API_KEY"],
    ["GROK_API_KEY", "GROQ_API_KEY"],
    ["REFRESH_INTERVAL_SECOND", "REFRESH_INTERVAL_SECONDS"],
    ["STORE_URI", "STORE_URL"],
    ["DISCORD_TOKNE", "DISCORD_TOKEN"],
  ])("finds what the typing error %s was meant to be, whether that is set or not", (name, expected) => {
    expect(meant(name)).toBe(expected);
    expect(meant(name, () => true)).toBe(expected);
  });

  it.each([
    ["DISCORD_BOT_TOKEN", "DISCORD_TOKEN"],
    ["OPENAI_KEY", "OPENAI_API_KEY"],
    ["MISTRAL_TOKEN", "MISTRAL_API_KEY"],
    ["OPENAI_API_BASE", "OPENAI_BASE_URL"],
    ["OLLAMA_HOST", "OLLAMA_BASE_URL"],
  ])("knows %s, another program's name, where %s is not set", (name, expected) => {
    expect(meant(name)).toBe(expected);
    expect(meant(name, (each) => each === expected)).toBeUndefined();
  });

  it.each([
    "_",
    "PATH",
    "HOME",
    "LANG",
    "NODE_ENV",
    "NODE_OPTIONS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "PORT",
    "DATABASE_URL",
    "HOSTNAME",
    "KUBERNETES_SERVICE_HOST",
    "npm_config_user_agent",
    "AWS_ACCESS_KEY_ID",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "LS_COLORS",
    "OPENAI_ORG_ID",
  ])("leaves %s alone", (name) => {
    expect(meant(name)).toBeUndefined();
  });
});

describe("parseConfig()", () => {
  const parse = (environment: Record<string, string>) =>
    parseConfig(environment, {
      providers: providerDefinitions,
      platforms: platformDefinitions,
      storeSchemes: ["sqlite"],
    });

  it("warns of a misspelt variable, which stops no start", () => {
    const parsed = parse({ OPENAI_API_KY: "sk-secret", PATH: "/bin" });
    expect(parsed).toHaveProperty("config");
    expect(parsed.warnings.map(({ variable }) => variable)).toEqual(["OPENAI_API_KY"]);
    expect(parsed.warnings[0]?.fix).toContain("OPENAI_API_KEY");
    expect(JSON.stringify(parsed.warnings)).not.toContain("sk-secret");
  });

  it("warns beside faults, and keeps what can be checked all the same", () => {
    const parsed = parse({ GROQ_API_KEY: "gsk_good", DISCORD_TOKNE: "x", AUTO_REFRESH: "perhaps" });
    if (!("faults" in parsed)) throw new Error("no fault was found");
    expect(parsed.faults.map(({ variable }) => variable)).toEqual(["AUTO_REFRESH"]);
    expect(parsed.warnings.map(({ variable }) => variable)).toEqual(["DISCORD_TOKNE"]);
    expect(parsed.checkable.providers.map(({ id }) => id)).toEqual(["groq"]);
  });

  it("says nothing of a misspelt variable that is empty", () => {
    expect(parse({ OPENAI_API_KY: "  " }).warnings).toEqual([]);
  });

  // Anil-matcha/Open-Generative-AI#315 and quern-dev/quern#228 are of this kind: what is pasted from a page carries such a
  // character, and the HTTP client throws before anything is sent.
  it.each([
    ["a zero-width space", "sk-abc\u200bdef", /invisible character \(U\+200B, place 7\)/],
    ["a byte order mark inside", "sk-\ufeffabc", /U\+FEFF/],
    ["a no-break space", "sk-ab\u00a0c", /U\+00A0/],
    ["a word joiner at the end", "sk-abc\u2060", /U\+2060/],
    ["a hyphen that is none", "sk\u2013abc", /a character that no key has \(U\+2013/],
    ["a Cyrillic letter", "sk-\u0430bc", /U\+0430/],
  ])("finds %s in a key, without repeating the key", (_what, key, expected) => {
    for (const environment of [{ OPENAI_API_KEY: key }, { OPENAI_COMPATIBLE: `x=https://example.com/v1|${key}` }]) {
      const parsed = parse(environment);
      if (!("faults" in parsed)) throw new Error("no fault was found");
      expect(parsed.faults.map(({ fix }) => fix).join()).toMatch(expected);
      expect(JSON.stringify(parsed.faults)).not.toContain(key);
    }
  });
});
