import type { Clock } from "../../base/clock.js";
import type { ParsedConfig } from "../../base/config.js";
import { withDeadline } from "../../base/deadline.js";
import { messageOf, TimeoutError } from "../../base/errors.js";
import { createLog, createScrubber } from "../../base/log.js";
import { plural } from "../../base/text.js";
import { ProviderError } from "../../providers/provider.js";
import type { ProviderSetup } from "../../providers/provider-definition.js";
import { openStore } from "../../store/open-store.js";
import type { StoreDefinition } from "../../store/store.js";
import type { PlatformDefinition, PlatformFinding, PlatformSetup } from "../port/platform-definition.js";

export interface DoctorDeps {
  readonly parsed: ParsedConfig<ProviderSetup, PlatformSetup>;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly stores: readonly StoreDefinition[];
  readonly platforms: readonly PlatformDefinition[];
  print(line: string): void;
}

/** Checks configuration, store, providers and platforms; prints a line each. Resolves with 1 when one is ✗, else 0. */
export async function runDoctor(deps: DoctorDeps): Promise<0 | 1> {
  const { parsed } = deps;
  if ("faults" in parsed) {
    return report(
      deps,
      parsed.faults.map(({ variable, fix }) => ({ isFine: false, text: `${variable}: ${fix}` })),
    );
  }
  const { config } = parsed;
  const scrub = createScrubber(config.secrets);
  const findings = await Promise.all([
    { isFine: true, text: "configuration: every variable is valid" },
    checkStore(deps, config.storeUrl),
    ...config.providers.map((setup) => checkProvider(deps, setup, config.refresh.timeoutMs)),
    checkProviders(config.providers),
    ...deps.platforms.map(({ id }) => {
      const setup = config.platforms.find((configured) => configured.id === id);
      if (setup === undefined) return { isFine: true, text: `${id}: off` };
      return setup.check?.({ config, clock: deps.clock, log: createLog({ level: "silent", secrets: [] }) });
    }),
  ]);
  return report(
    deps,
    findings.flatMap((finding) => finding ?? []).map(({ isFine, text }) => ({ isFine, text: scrub(text) })),
  );
}

function report({ print }: DoctorDeps, findings: readonly PlatformFinding[]): 0 | 1 {
  for (const { isFine, text } of findings) print(`${isFine ? "✓" : "✗"} ${text}`);
  return findings.every(({ isFine }) => isFine) ? 0 : 1;
}

async function checkStore({ stores }: DoctorDeps, url: string): Promise<PlatformFinding> {
  const place = url.replace(/\/\/[^@/]*@/, "//"); // without a password
  try {
    const store = await openStore(url, stores);
    await store.values("settings").get("doctor");
    await store.close();
    return { isFine: true, text: `store: ${place} opens` };
  } catch (error) {
    return { isFine: false, text: `store: ${messageOf(error)}` };
  }
}

/** Lists the provider's models, as the bot does. */
async function checkProvider(
  { clock, fetch }: DoctorDeps,
  setup: ProviderSetup,
  timeoutMs: number,
): Promise<PlatformFinding> {
  const { id } = setup;
  try {
    const provider = await setup.load({ fetch, clock, warn: () => {} });
    const models = await withDeadline((signal) => provider.listModels(signal), {
      what: `${id}'s model list`,
      timeoutMs,
      clock,
    });
    const chat = models.filter(({ isChat }) => isChat).length;
    if (chat === 0)
      return { isFine: false, text: `${id}: answers, but lists no chat model; check its base URL (${setup.baseUrl})` };
    return {
      isFine: true,
      text: `${id}: ${setup.key === undefined ? "answers" : "the key works"}, ${plural(chat, "chat model")}`,
    };
  } catch (error) {
    return { isFine: false, text: `${id}: ${messageOf(error)}; ${fixFor(error, setup)}` };
  }
}

function fixFor(error: unknown, setup: ProviderSetup): string {
  if (error instanceof ProviderError && error.reason === "auth")
    return `check its key (${setup.keyVariable ?? "it has none"})`;
  if (error instanceof TimeoutError) return "check the network, or set REFRESH_TIMEOUT_SECONDS higher";
  if (error instanceof ProviderError && error.reason === "rate-limited") return "try again later";
  return `check its base URL (${setup.baseUrl}) and the network`;
}

function checkProviders(providers: readonly ProviderSetup[]): PlatformFinding | undefined {
  if (providers.length > 0) return undefined;
  return { isFine: false, text: "providers: none is configured; set a key as OPENAI_API_KEY, or DEMO_PROVIDER=true" };
}
