import { describe, expect, it } from "vitest";
import type { Config } from "../../../src/base/config/config.js";
import type { PlatformSetup } from "../../../src/bot/port/platform-definition.js";
import { runningChecks } from "../../../src/bot/status/running-checks.js";
import { ProviderError } from "../../../src/providers/provider.js";
import type { ProviderSetup } from "../../../src/providers/provider-definition.js";
import { fakeClock } from "../../support/fake-clock.js";
import { memoryStore } from "../../support/memory-store.js";

const provider = (id: string, listModels: () => Promise<readonly object[]>) =>
  ({
    id,
    baseUrl: "http://vendor.example",
    keyVariable: `${id.toUpperCase()}_API_KEY`,
    key: "sk-secret-of-it",
    load: async () => ({ id, listModels }),
  }) as unknown as ProviderSetup;

async function linesOf(parts: {
  readonly providers?: readonly ProviderSetup[];
  readonly platforms?: readonly Partial<PlatformSetup>[];
  readonly faults?: readonly string[];
  readonly warnings?: readonly string[];
}) {
  const clock = fakeClock();
  const config = {
    providers: parts.providers ?? [],
    platforms: parts.platforms ?? [],
    refresh: { timeoutMs: 10_000 },
    secrets: ["sk-secret-of-it"],
    storeUrl: "sqlite://data/x.sqlite",
  } as unknown as Config<ProviderSetup, PlatformSetup>;
  const checks = runningChecks({
    config,
    clock,
    fetch,
    store: memoryStore(clock.now),
    faults: () => parts.faults ?? [],
    warnings: () => parts.warnings ?? [],
  });
  const lines: string[] = [];
  for await (const line of checks) lines.push(line);
  return lines;
}

describe("runningChecks()", () => {
  it("repeats what the running bot says of itself first", async () => {
    const lines = await linesOf({ faults: ["slack: token refused"], warnings: ["groq: timed out"] });
    expect(lines.slice(0, 2)).toEqual(["✗ slack: token refused", "⚠️ groq: timed out"]);
    expect(lines).toContain("✓ store: sqlite can be read");
  });

  it("names the variable of a refused key and never the key, and says each check when it is done", async () => {
    let answer = () => {};
    const late = new Promise<readonly object[]>((resolve) => {
      answer = () => resolve([]);
    });
    const refused = provider("openai", async () => {
      queueMicrotask(answer);
      throw new ProviderError("openai", "auth", "openai refused the key sk-secret-of-it (401)");
    });
    const lines = await linesOf({ providers: [provider("groq", () => late), refused] });
    const own = lines.filter((line) => /openai|groq/.test(line));
    expect(own[0]).toMatch(/^✗ openai: .*check its key \(OPENAI_API_KEY\)$/);
    expect(own[1]).toMatch(/^✗ groq: answers, but lists no model/);
    expect(lines.join("\n")).not.toContain("sk-secret-of-it");
  });

  it("has the platforms' own checks", async () => {
    const check = async () => [{ isFine: false, text: "discord: the token is refused (DISCORD_TOKEN)" }];
    expect(await linesOf({ platforms: [{ id: "discord", check }] })).toContain(
      "✗ discord: the token is refused (DISCORD_TOKEN)",
    );
  });
});
