import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/base/clock.js";
import { parseConfig } from "../../../src/base/config/config.js";
import { platformDefinitions } from "../../../src/bot/registry.js";
import { runDoctor } from "../../../src/bot/status/doctor.js";
import { providerDefinitions } from "../../../src/providers/registry.js";
import { sqliteHere } from "../../support/sqlite-here.js";

type Answer = readonly [status: number, body: unknown];
type Vendor = (request: { readonly path: string; readonly key: string | undefined }) => Answer;

let folder = "";
const servers: ReturnType<typeof createServer>[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "evergreen-doctor-"));
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true });
});

const LIST: Answer = [200, { object: "list", data: [{ id: "chat-a" }, { id: "chat-b" }] }];
const BAD_KEY: Answer = [401, { error: { message: "Invalid token", code: 401 } }];
const GOOD_ANSWER = { choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: "stop" }] };

/** A vendor on loopback; resolves with its address. */
async function startVendor(vendor: Vendor): Promise<string> {
  const server = createServer((request, response) => {
    const key = request.headers.authorization?.replace("Bearer ", "") ?? request.headers["x-api-key"]?.toString();
    request.resume().on("end", () => {
      const [status, body] = vendor({ path: (request.url ?? "").split("?")[0] ?? "", key });
      const isStream = body === GOOD_ANSWER;
      response.writeHead(status, { "content-type": isStream ? "text/event-stream" : "application/json" });
      response.end(isStream ? `data: ${JSON.stringify(body)}\n\ndata: [DONE]\n\n` : JSON.stringify(body));
    });
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function doctor(environment: Record<string, string>) {
  const sqlite = sqliteHere({ now: () => Date.now() });
  const parsed = parseConfig(
    { STORE_URL: `sqlite://${join(folder, "doctor.sqlite")}`, HTTP_PORT: "0", ...environment },
    { providers: providerDefinitions, platforms: platformDefinitions, storeSchemes: ["sqlite"] },
  );
  const lines: string[] = [];
  const code = await runDoctor({
    parsed,
    clock: systemClock,
    fetch,
    stores: [sqlite],
    platforms: platformDefinitions,
    print: (line) => void lines.push(line),
  });
  return { code, lines, line: (id: string) => lines.find((each) => each.slice(2).trim().startsWith(`${id}:`)) ?? "" };
}

describe("doctor, of keys", () => {
  it("asks OpenRouter for the key itself, since its list is public (accomplish-ai/coworker#208)", async () => {
    const url = await startVendor(({ path, key }) => {
      if (path === "/v1/models") return LIST;
      return key === "sk-or-good-123" ? [200, { data: { limit: 10, limit_remaining: 4.2, usage: 5.8 } }] : BAD_KEY;
    });
    const good = await doctor({ OPENROUTER_API_KEY: "sk-or-good-123", OPENROUTER_BASE_URL: `${url}/v1` });
    expect(good.line("openrouter")).toBe("✓ openrouter: the key works, 2 chat models; $4.20 of $10.00 left");
    const bad = await doctor({ OPENROUTER_API_KEY: "sk-or-bad-1234", OPENROUTER_BASE_URL: `${url}/v1` });
    expect(bad.line("openrouter")).toMatch(/^✗ .*refused the key \(401\).*check its key \(OPENROUTER_API_KEY\)$/);
    expect(bad.code).toBe(1);
  });

  // simonw/llm-openrouter#24: a key without a limit of its own.
  it("says that a key has no limit, and what is left of the free requests", async () => {
    const data = {
      limit: null,
      limit_remaining: null,
      usage: 0.65,
      free_model_daily_requests: { limit: 50, remaining: 38 },
    };
    const url = await startVendor(({ path }) => (path === "/v1/models" ? LIST : [200, { data }]));
    const { line } = await doctor({ OPENROUTER_API_KEY: "sk-or-good-123", OPENROUTER_BASE_URL: `${url}/v1` });
    expect(line("openrouter")).toContain("no limit on the key, $0.65 used, 38 of 50 free requests left today");
  });

  // RooCodeInc/Roo-Code#515: a key whose own limit is used up answers 403 to every question.
  it("does not call a key fine of which nothing is left", async () => {
    const url = await startVendor(({ path }) =>
      path === "/v1/models" ? LIST : [200, { data: { limit: 5, limit_remaining: 0, limit_reset: "monthly" } }],
    );
    const { line } = await doctor({ OPENROUTER_API_KEY: "sk-or-good-123", OPENROUTER_BASE_URL: `${url}/v1` });
    expect(line("openrouter")).toMatch(/^✗ .*nothing is left for it; \$0.00 of \$5.00 left \(renews monthly\)/);
  });

  it("tells what is left of a balance at DeepSeek", async () => {
    const url = await startVendor(({ path }) => {
      if (path === "/v1/models") return LIST;
      if (path !== "/user/balance") return [404, {}];
      return [200, { is_available: true, balance_infos: [{ currency: "CNY", total_balance: "12.34" }] }];
    });
    const { line } = await doctor({ DEEPSEEK_API_KEY: "sk-deep-123456", DEEPSEEK_BASE_URL: `${url}/v1` });
    expect(line("deepseek")).toBe("✓ deepseek: the key works, 2 chat models; 12.34 CNY left");
  });

  // agentic-os-org/ANOLISA#243, router-for-me/CLIProxyAPI#3443: gateways whose list is open to everyone.
  it("asks for one token where the list comes without a key as well", async () => {
    const asked: string[] = [];
    const url = await startVendor(({ path, key }) => {
      asked.push(`${path} ${key}`);
      if (path.endsWith("/models")) return LIST;
      return key === "sk-good-123456" ? [200, GOOD_ANSWER] : BAD_KEY;
    });
    const good = await doctor({ OPENAI_COMPATIBLE: `gate=${url}/v1|sk-good-123456` });
    expect(good.line("gate")).toBe("✓ gate: the key works, 2 chat models");
    expect(asked.filter((each) => each.startsWith("/v1/chat"))).toHaveLength(1);
    const bad = await doctor({ OPENAI_COMPATIBLE: `gate=${url}/v1|sk-bad-1234567` });
    expect(bad.line("gate")).toMatch(/^✗ gate: .*check its key \(OPENAI_COMPATIBLE\)/);
  });

  it.each([
    ["lists want a key, and look at none", BAD_KEY],
    ["a question is refused without a word", [403, ""] as const],
  ])("asks for one token where %s", async (_what, refusal) => {
    const url = await startVendor(({ path, key }) => {
      if (path.endsWith("/models")) return key === undefined ? BAD_KEY : LIST;
      return key === "sk-good-123456" ? [200, GOOD_ANSWER] : refusal;
    });
    const good = await doctor({ OPENAI_COMPATIBLE: `gate=${url}/v1|sk-good-123456` });
    expect(good.line("gate")).toBe("✓ gate: the key works, 2 chat models");
    const bad = await doctor({ OPENAI_COMPATIBLE: `gate=${url}/v1|sk-bad-1234567` });
    expect(bad.line("gate")).toMatch(/^✗ gate: .*check its key \(OPENAI_COMPATIBLE\)/);
  });

  it("asks no question where the list is for the key's owner only", async () => {
    const asked: string[] = [];
    const url = await startVendor(({ path, key }) => {
      asked.push(path);
      return key === "sk-good-123456" ? LIST : BAD_KEY;
    });
    const { line } = await doctor({ OPENAI_API_KEY: "sk-good-123456", OPENAI_BASE_URL: `${url}/v1` });
    expect(line("openai")).toBe("✓ openai: the key works, 2 chat models");
    expect(new Set(asked)).toEqual(new Set(["/v1/models"]));
  });

  it("names the variable that it read for a refused key", async () => {
    const url = await startVendor(() => BAD_KEY);
    const { line } = await doctor({
      OPENAI_API_KEY: "sk-bad-1234567",
      OPENAI_BASE_URL: `${url}/v1`,
      ANTHROPIC_API_KEY: "sk-ant-bad-123",
      ANTHROPIC_BASE_URL: url,
      OPENAI_COMPATIBLE: `open=${url}/v1`,
    });
    expect(line("openai")).toContain("check its key (OPENAI_API_KEY)");
    expect(line("anthropic")).toContain("check its key (ANTHROPIC_API_KEY)");
    expect(line("open")).toContain("it needs a key (OPENAI_COMPATIBLE)");
  });

  it("tells a key without credit from a wrong one", async () => {
    const url = await startVendor(({ path }) =>
      path.endsWith("/models") ? LIST : [402, { error: { message: "Insufficient Balance", code: "402" } }],
    );
    const { line } = await doctor({ OPENAI_COMPATIBLE: `gate=${url}/v1|sk-good-123456` });
    expect(line("gate")).toMatch(/^✗ gate: the key is accepted, but nothing is left for it/);
  });
});

describe("doctor", () => {
  it("goes on after a fault of the configuration with what can be checked", async () => {
    const url = await startVendor(({ key }) => (key === "sk-good-123456" ? LIST : BAD_KEY));
    const { code, lines, line } = await doctor({
      OPENAI_API_KEY: "sk-good-123456",
      OPENAI_BASE_URL: `${url}/v1`,
      AUTO_REFRESH: "perhaps",
      ANTHROPIC_API_KEY: "sk-ant-\u200bpasted",
    });
    expect(line("AUTO_REFRESH")).toMatch(/^✗/);
    expect(line("ANTHROPIC_API_KEY")).toMatch(/^✗ .*invisible character \(U\+200B/);
    expect(line("openai")).toMatch(/^✓/);
    expect(line("store")).toMatch(/^✓/);
    expect(lines.join()).not.toContain("every variable is valid");
    expect(code).toBe(1);
  });

  it("sends a key to no other address than the one that it is for", async () => {
    const { lines, line } = await doctor({
      OPENAI_API_KEY: "sk-good-123456",
      OPENAI_BASE_URL: "ftp://gateway.internal/v1",
      OPENAI_COMPATIBLE: "far=http://192.0.2.7/v1|sk-far-123456",
    });
    expect(line("OPENAI_BASE_URL")).toMatch(/^✗/);
    expect(line("OPENAI_COMPATIBLE")).toMatch(/^✗ .*plain http/);
    expect(lines.filter((each) => /^. (openai|far|demo):/.test(each))).toEqual([]);
  });

  it("does not open the store that a faulty STORE_URL stands for", async () => {
    const { lines } = await doctor({ STORE_URL: "mongo://x" });
    expect(lines.filter((each) => /store/i.test(each))).toHaveLength(1);
  });

  it("warns of a misspelt variable, which is no fault", async () => {
    const { code, line } = await doctor({ OPENAI_API_KY: "sk-some-secret" });
    expect(line("OPENAI_API_KY")).toMatch(/^⚠️ .*did you mean OPENAI_API_KEY\?/);
    expect(code).toBe(0);
  });

  it("prints each line once, and no key", async () => {
    const url = await startVendor(() => BAD_KEY);
    const { lines } = await doctor({ OPENAI_API_KEY: "sk-bad-1234567", OPENAI_BASE_URL: `${url}/v1` });
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.join()).not.toContain("sk-bad-1234567");
  });

  // ollama/ollama#4424: the list is null while nothing is pulled.
  it("tells an Ollama without models how to get one", async () => {
    const url = await startVendor(() => [200, { models: [] }]);
    const { line } = await doctor({ OLLAMA_BASE_URL: url });
    expect(line("ollama")).toContain("ollama pull");
  });
});

describe("doctor, of the store", () => {
  it("names damaged rows, and what they mean", async () => {
    const store = await sqliteHere({ now: () => Date.now() }).open(`sqlite://${join(folder, "doctor.sqlite")}`);
    await store.values("settings").set("discord:7", { access: "ada only" });
    await store.close();
    const { code, lines } = await doctor({ DEMO_PROVIDER: "on" });
    expect(lines.filter((line) => line.startsWith("✗"))).toEqual([
      expect.stringMatching(/^✗ store: 1 damaged row in settings: only operators are answered there/),
      "✗ the damaged rows are settings discord:7",
    ]);
    expect(code).toBe(1);
  });

  it("repeats what a bot that runs here says of itself, and nothing of another program", async () => {
    const warning = "slack: deliveries of other teams are dropped (T9)";
    const bot = await startVendor(() => [200, { ready: true, problems: [], warnings: [warning] }]);
    const said = await doctor({ HTTP_PORT: new URL(bot).port });
    expect(said.lines).toContain(`⚠️ the running bot says: ${warning}`);
    expect(said.code).toBe(0);
    const other = await startVendor(() => [200, "hello"]);
    expect((await doctor({ HTTP_PORT: new URL(other).port })).lines.join()).not.toContain("running bot");
  });
});
