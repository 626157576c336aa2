import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allVariables, parseConfig } from "../../../src/base/config/config.js";
import { envExample } from "../../../src/base/config/env-example.js";
import { hostVariables } from "../../../src/base/config/host-variables.js";
import { platformDefinitions } from "../../../src/bot/registry.js";
import { providerDefinitions } from "../../../src/providers/registry.js";

const schemes = ["sqlite", "redis", "rediss", "postgres", "postgresql"];
const registered = { providers: providerDefinitions, platforms: platformDefinitions, storeSchemes: schemes };
const definitions = [...providerDefinitions, ...platformDefinitions];
const parse = (environment: Record<string, string>) => parseConfig(environment, registered);

function configOf(environment: Record<string, string>) {
  const parsed = parse(environment);
  if ("faults" in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.config;
}

function faultsOf(environment: Record<string, string>): Record<string, string> {
  const parsed = parse(environment);
  return "faults" in parsed ? Object.fromEntries(parsed.faults.map(({ variable, fix }) => [variable, fix])) : {};
}

const warningsOf = (environment: Record<string, string>): Record<string, string> =>
  Object.fromEntries(parse(environment).warnings.map(({ variable, fix }) => [variable, fix]));

/** The variables of the public contract, in its order. */
const CONTRACT =
  `DISCORD_TOKEN DISCORD_SHARDS DISCORD_API_URL SLACK_BOT_TOKEN SLACK_APP_TOKEN SLACK_SIGNING_SECRET SLACK_HOST SLACK_PORT
  SLACK_API_URL SLACK_COMMAND_PREFIX FOLLOW_THREADS ALLOWED_WORKSPACES ALLOW_DMS OPERATORS PLAYGROUND HTTP_HOST
  HTTP_PORT HTTP_TOKEN HTTP_ALLOWED_HOSTS METRICS_PUBLIC OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY
  ANTHROPIC_BASE_URL GEMINI_API_KEY GEMINI_BASE_URL OPENROUTER_API_KEY OPENROUTER_BASE_URL GROQ_API_KEY GROQ_BASE_URL
  MISTRAL_API_KEY MISTRAL_BASE_URL DEEPSEEK_API_KEY DEEPSEEK_BASE_URL XAI_API_KEY XAI_BASE_URL TOGETHER_API_KEY
  TOGETHER_BASE_URL OLLAMA_BASE_URL OPENAI_COMPATIBLE DEMO_PROVIDER DEFAULT_MODEL SYSTEM_PROMPT HISTORY_TOKENS
  HISTORY_MESSAGES RETENTION_DAYS STORE_URL AUTO_REFRESH REFRESH_INTERVAL_SECONDS REFRESH_TIMEOUT_SECONDS
  CACHE_MAX_AGE_SECONDS CHAT_TIMEOUT_SECONDS USER_MESSAGES_PER_10_MIN CHANNEL_MESSAGES_PER_10_MIN
  PROVIDER_CONCURRENCY LOG_LEVEL`.split(/\s+/);

describe("parseConfig()", () => {
  it("configures the playground with the demo provider when nothing is set", () => {
    const config = configOf({});
    expect(config.providers.map(({ id }) => id)).toEqual(["demo"]);
    expect(config.platforms.map(({ id }) => id)).toEqual(["playground"]);
    expect(config.http).toEqual({
      host: "127.0.0.1",
      port: 8787,
      token: undefined,
      allowedHosts: [],
      metricsPublic: false,
    });
    expect(config.storeUrl).toBe("sqlite://data/evergreen.sqlite");
    expect(config.refresh).toEqual({ isEnabled: true, intervalMs: 300_000, timeoutMs: 10_000, maxAgeMs: 300_000 });
    expect(config.chat).toMatchObject({
      timeoutMs: 60_000,
      historyTokens: 16_000,
      historyMessages: 50,
      retentionDays: 90,
    });
    expect(config.limits).toEqual({ userPer10Min: 20, channelPer10Min: 60, providerConcurrency: 16 });
    expect(config.access).toEqual({ followThreads: false, allowedWorkspaces: [], allowDms: true, operators: [] });
  });

  it.each(["", "   ", '""', "''", ' "" '])("takes %j for unset", (empty) => {
    expect(configOf({ OPENAI_API_KEY: empty, HTTP_PORT: empty }).providers.map(({ id }) => id)).toEqual(["demo"]);
  });

  it("trims white space and one pair of quotes", () => {
    expect(configOf({ HTTP_PORT: ' "9000" ', OPENAI_API_KEY: "'k1'" })).toMatchObject({
      http: { port: 9000 },
      providers: [{ id: "openai", key: "k1" }],
    });
  });

  it.each([
    ["true", true],
    ["ON", true],
    ["1", true],
    ["false", false],
    ["Off", false],
    ["0", false],
  ])("reads the boolean %s", (text, value) => {
    expect(configOf({ AUTO_REFRESH: text }).refresh.isEnabled).toBe(value);
  });

  it("tells every fault at once, by variable and fix", () => {
    const faults = faultsOf({
      AUTO_REFRESH: "maybe",
      REFRESH_INTERVAL_SECONDS: "59",
      HTTP_PORT: "http",
      OPENAI_BASE_URL: "ftp://x",
      SLACK_BOT_TOKEN: "xoxp-1",
      HTTP_HOST: "0.0.0.0",
      STORE_URL: "mongodb://x",
      OPENAI_COMPATIBLE: "Bad Name=nowhere",
    });
    expect(Object.keys(faults).sort()).toEqual([
      "AUTO_REFRESH",
      "HTTP_PORT",
      "HTTP_TOKEN",
      "OPENAI_BASE_URL",
      "OPENAI_COMPATIBLE",
      "REFRESH_INTERVAL_SECONDS",
      "SLACK_BOT_TOKEN",
      "STORE_URL",
    ]);
    expect(faults.AUTO_REFRESH).toContain("true or false");
    expect(faults.REFRESH_INTERVAL_SECONDS).toContain("60 to 86400");
    expect(faults.SLACK_BOT_TOKEN).toContain("xoxb-");
  });

  it("asks to swap Slack's tokens where each stands in the other's place", () => {
    const faults = faultsOf({ SLACK_BOT_TOKEN: "xapp-1-A-2-b", SLACK_APP_TOKEN: "xoxb-1-2-b" });
    expect(faults.SLACK_BOT_TOKEN).toContain("set it as SLACK_APP_TOKEN");
    expect(faults.SLACK_APP_TOKEN).toContain("set it as SLACK_BOT_TOKEN");
    expect(faultsOf({ SLACK_BOT_TOKEN: "xoxp-1" }).SLACK_BOT_TOKEN).toContain("Bot User OAuth Token");
  });

  it.each([
    ["REFRESH_INTERVAL_SECONDS", 60, 86_400],
    ["REFRESH_TIMEOUT_SECONDS", 1, 60],
    ["CACHE_MAX_AGE_SECONDS", 60, 86_400],
    ["HTTP_PORT", 0, 65_535],
  ])("takes %s from %d to %d and nothing beyond", (name, low, high) => {
    for (const inside of [low, high]) expect(faultsOf({ [name]: String(inside) })).toEqual({});
    for (const outside of [String(low - 1), String(high + 1), `${low}.5`, "1e3", "0x10"]) {
      expect(Object.keys(faultsOf({ [name]: outside }))).toEqual([name]);
    }
  });

  it("never puts a secret into a fault", () => {
    const secret = "sk-very secret\nvalue";
    expect(
      JSON.stringify(faultsOf({ OPENAI_API_KEY: secret, HTTP_TOKEN: secret, OPENAI_COMPATIBLE: `x y=${secret}` })),
    ).not.toContain("very");
  });

  it("hands every secret to the scrubber", () => {
    const { secrets } = configOf({
      OPENAI_API_KEY: "k1",
      HTTP_TOKEN: "t1",
      OPENAI_COMPATIBLE: "a=http://127.0.0.1:1/v1|k2",
      DISCORD_TOKEN: "d1",
    });
    expect(secrets).toEqual(expect.arrayContaining(["k1", "t1", "k2", "d1"]));
  });

  it.each(["http://user:pw@host/v1", "https://user@host/v1", "host/v1", "file:///x", "http://host/v1?key=1"])(
    "refuses the base URL %s",
    (url) => {
      expect(Object.keys(faultsOf({ OLLAMA_BASE_URL: url }))).toEqual(["OLLAMA_BASE_URL"]);
    },
  );

  it.each(["http://api.example.com/v1", "http://8.8.8.8/v1", "http://172.32.0.1/v1", "http://[2001:db8::1]/v1"])(
    "refuses to send a key over plain http to %s",
    (url) => {
      expect(Object.keys(faultsOf({ OPENAI_API_KEY: "k", OPENAI_BASE_URL: url }))).toEqual(["OPENAI_BASE_URL"]);
      expect(faultsOf({ OPENAI_COMPATIBLE: `gate=${url}` })).toEqual({});
      expect(Object.keys(faultsOf({ OPENAI_COMPATIBLE: `gate=${url}|k` }))).toEqual(["OPENAI_COMPATIBLE"]);
    },
  );

  it.each([
    "https://api.example.com/v1",
    "http://127.0.0.1:1234/v1",
    "http://localhost/v1",
    "http://10.1.2.3/v1",
    "http://172.16.0.1/v1",
    "http://192.168.1.5/v1",
    "http://gateway/v1",
    "http://llm.local/v1",
    "http://llm.corp.internal/v1",
    "http://[::1]:80/v1",
    "http://[fd00::1]/v1",
  ])("sends a key to %s", (url) => {
    expect(configOf({ OPENAI_API_KEY: "k", OPENAI_BASE_URL: url }).providers[0]).toMatchObject({ baseUrl: url });
  });

  it("refuses plain http for platform tokens to public addresses as well", () => {
    expect(Object.keys(faultsOf({ DISCORD_TOKEN: "t", DISCORD_API_URL: "http://example.com/api" }))).toEqual([
      "DISCORD_API_URL",
    ]);
    expect(faultsOf({ DISCORD_TOKEN: "t", DISCORD_API_URL: "http://127.0.0.1:3001/api" })).toEqual({});
    for (const shards of ["auto", "1", "16384"])
      expect(faultsOf({ DISCORD_TOKEN: "t", DISCORD_SHARDS: shards })).toEqual({});
    for (const shards of ["0", "16385", "two", "1.5"])
      expect(faultsOf({ DISCORD_TOKEN: "t", DISCORD_SHARDS: shards })).toEqual({
        DISCORD_SHARDS: "must be auto, or a whole number from 1 to 16384",
      });
  });

  it("keeps the order of the providers and puts named endpoints behind them", () => {
    const config = configOf({
      OPENAI_COMPATIBLE: "lm=http://127.0.0.1:1/v1, gate=https://gate.example/v1|key",
      OLLAMA_BASE_URL: "http://127.0.0.1:11434",
      XAI_API_KEY: "x",
      ANTHROPIC_API_KEY: "a",
      OPENAI_API_KEY: "o",
      DEMO_PROVIDER: "on",
    });
    expect(config.providers.map(({ id }) => id)).toEqual([
      "openai",
      "anthropic",
      "xai",
      "ollama",
      "lm",
      "gate",
      "demo",
    ]);
  });

  it.each([
    "openai=http://127.0.0.1:1/v1",
    "Upper=http://127.0.0.1/v1",
    "1a=http://127.0.0.1/v1",
    `${"a".repeat(33)}=http://127.0.0.1/v1`,
    "a",
    "a=",
    "a=http://127.0.0.1/v1,a=http://127.0.0.1/v2",
  ])("refuses the endpoint list %s", (value) => {
    expect(Object.keys(faultsOf({ OPENAI_COMPATIBLE: value }))).toEqual(["OPENAI_COMPATIBLE"]);
  });

  it("leaves the demo provider out as soon as another is configured, unless it is asked for", () => {
    expect(configOf({ GROQ_API_KEY: "g" }).providers.map(({ id }) => id)).toEqual(["groq"]);
    expect(configOf({ DEMO_PROVIDER: "false" }).providers).toEqual([]);
  });

  it("reads PROVIDER_BUDGETS, and names the provider or the entry that it does not understand", () => {
    const value = "openai=50usd/month, groq=1000requests/day,near=2000000Tokens/week";
    expect(
      configOf({ OPENAI_COMPATIBLE: "near=http://127.0.0.1:1/v1", PROVIDER_BUDGETS: value }).providerBudgets,
    ).toEqual([
      { provider: "openai", amount: 50, unit: "usd", period: "month" },
      { provider: "groq", amount: 1000, unit: "requests", period: "day" },
      { provider: "near", amount: 2_000_000, unit: "tokens", period: "week" },
    ]);
    expect(configOf({}).providerBudgets).toEqual([]);
    expect(faultsOf({ PROVIDER_BUDGETS: "opnai=5usd/day" }).PROVIDER_BUDGETS).toContain(
      '"opnai", which is not a provider',
    );
    expect(faultsOf({ PROVIDER_BUDGETS: "openai=0usd/day" }).PROVIDER_BUDGETS).toContain("more than 0");
    for (const wrong of [
      "openai",
      "openai=5usd",
      "openai=5eur/day",
      "openai=-5usd/day",
      "openai=5usd/hour",
      "=5usd/day",
    ]) {
      expect(faultsOf({ PROVIDER_BUDGETS: wrong }).PROVIDER_BUDGETS).toContain("PROVIDER=AMOUNT UNIT/PERIOD");
    }
  });

  it("splits DEFAULT_MODEL at the first slash and wants its provider configured", () => {
    expect(
      configOf({ OPENROUTER_API_KEY: "k", DEFAULT_MODEL: "openrouter/anthropic/claude-sonnet-4" }).chat.defaultModel,
    ).toEqual({
      provider: "openrouter",
      model: "anthropic/claude-sonnet-4",
    });
    expect(faultsOf({ DEFAULT_MODEL: "openai/gpt-5" }).DEFAULT_MODEL).toContain("not configured");
    expect(Object.keys(faultsOf({ DEFAULT_MODEL: "gpt-5" }))).toEqual(["DEFAULT_MODEL"]);
  });

  it("wants a second Slack variable beside the bot token, and the bot token beside them", () => {
    expect(Object.keys(faultsOf({ SLACK_BOT_TOKEN: "xoxb-1" }))).toEqual(["SLACK_BOT_TOKEN"]);
    expect(faultsOf({ SLACK_BOT_TOKEN: "xoxb-1", SLACK_APP_TOKEN: "xapp-1" })).toEqual({});
    expect(faultsOf({ SLACK_BOT_TOKEN: "xoxb-1", SLACK_SIGNING_SECRET: "s" })).toEqual({});
    expect(Object.keys(faultsOf({ SLACK_APP_TOKEN: "xapp-1" }))).toEqual(["SLACK_APP_TOKEN"]);
  });

  it("turns the playground off beside a platform, unless it is asked for", () => {
    const platformsOf = (environment: Record<string, string>) => configOf(environment).platforms.map(({ id }) => id);
    expect(platformsOf({ DISCORD_TOKEN: "t" })).toEqual(["discord"]);
    expect(platformsOf({ DISCORD_TOKEN: "t", PLAYGROUND: "on" })).toEqual(["discord", "playground"]);
    expect(platformsOf({ PLAYGROUND: "off" })).toEqual([]);
  });

  it("takes as operators people of any platform, configured or not, and nobody else", () => {
    const named = platformDefinitions.map(({ id }) => `${id}:1`);
    expect(configOf({ OPERATORS: named.join(",") }).access.operators).toEqual(named);
    expect(faultsOf({ OPERATORS: "irc:1" }).OPERATORS).toContain("discord");
    for (const text of ["1", "discord:", ":1", "discord:1:2"])
      expect(Object.keys(faultsOf({ OPERATORS: text }))).toEqual(["OPERATORS"]);
  });

  it.each(["127.0.0.1", "localhost", "::1", "127.5.5.5"])("asks for no token on the loopback address %s", (host) => {
    expect(faultsOf({ HTTP_HOST: host })).toEqual({});
  });

  it.each(["0.0.0.0", "::", "192.168.1.2", "bot.example.com"])("asks for a token on %s", (host) => {
    expect(Object.keys(faultsOf({ HTTP_HOST: host }))).toEqual(["HTTP_TOKEN"]);
    expect(faultsOf({ HTTP_HOST: host, HTTP_TOKEN: "a-long-random-value" })).toEqual({});
  });

  it.each(["short", "123456789012345", "x".repeat(40)])("takes no token that can be guessed: %s", (token) => {
    expect(faultsOf({ HTTP_HOST: "0.0.0.0", HTTP_TOKEN: token }).HTTP_TOKEN).toContain("at least 16 characters");
    expect(faultsOf({ HTTP_TOKEN: token })).toEqual({});
    expect(warningsOf({ HTTP_TOKEN: token }).HTTP_TOKEN).toContain("at least 16 characters");
  });

  it.each([
    "redis://:pw@redis.example.com:6379",
    "redis://user:pw@8.8.8.8",
    "postgres://user:pw@db.example.com/bot",
    "postgresql://user:pw@[2001:4860::1]/bot?sslmode=prefer",
    "postgres://user@db.example.com/bot?password=pw",
  ])("sends no password unencrypted to a public address: %s", (url) => {
    expect(faultsOf({ STORE_URL: url }).STORE_URL).toContain("unencrypted");
  });

  it.each([
    "rediss://:pw@redis.example.com",
    "redis://redis.example.com",
    "redis://:pw@redis:6379",
    "redis://:pw@10.0.0.7",
    "postgres://user:pw@127.0.0.1/bot",
    "postgres://user:pw@db.internal/bot",
    "postgres://user:pw@db.example.com/bot?sslmode=verify-full",
    "postgres://user:pw@/bot?host=/var/run/postgresql",
  ])("takes the store at %s", (url) => {
    expect(faultsOf({ STORE_URL: url })).toEqual({});
  });

  it("reads every variable that the contract names", () => {
    expect(Object.keys(allVariables(definitions))).toEqual(expect.arrayContaining(CONTRACT));
  });

  it("reads each variable for one definition only", () => {
    const names = [{ variables: hostVariables }, ...definitions].flatMap(({ variables }) => Object.keys(variables));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe.each([
  ["the file .env.example", readFileSync(".env.example", "utf8")],
  ["envExample()", envExample({ providers: providerDefinitions, platforms: platformDefinitions })],
])("%s", (what, text) => {
  const lines = text.split("\n");
  const assigned = lines.flatMap((line) => /^#? ?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line)?.slice(1, 2) ?? []);
  const read = Object.keys(allVariables(definitions));

  it("shows no variable twice and none that is not read", () => {
    expect(assigned.filter((name, index) => assigned.indexOf(name) !== index || !read.includes(name))).toEqual([]);
  });

  // The file gets the variables of a new definition when `npm test` writes it anew.
  it.runIf(what === "envExample()")("shows every variable that is read", () => {
    expect([...assigned].sort()).toEqual([...read].sort());
  });

  it("has no line beyond 120 characters", () => {
    expect(lines.filter((line) => line.length > 120)).toEqual([]);
  });

  it("changes nothing when it is copied as it is", () => {
    const set = lines.flatMap((line) => /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line)?.slice(1) ?? []);
    expect(set).toEqual([]);
  });

  it("shows only values that are accepted", () => {
    const examples = Object.fromEntries(
      lines.flatMap((line) => {
        const match = /^# ?([A-Z][A-Z0-9_]*)=(.+)$/.exec(line);
        return match === null ? [] : [[match[1] ?? "", match[2] ?? ""]];
      }),
    );
    expect(faultsOf({ ...examples, DEFAULT_MODEL: "" })).toEqual({});
  });
});
