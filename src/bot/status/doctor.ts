import { z } from "zod";
import type { Clock } from "../../base/clock.js";
import { type Config, isSafeForKey, type ParsedConfig } from "../../base/config/config.js";
import type { HostConfig } from "../../base/config/config-host.js";
import { withDeadline } from "../../base/deadline.js";
import { messageOf, TimeoutError } from "../../base/errors.js";
import { createLog, createScrubber } from "../../base/log.js";
import { type Phrase, phrase, plural, t } from "../../languages/translate.js";
import { proveKey } from "../../providers/prove-key.js";
import { ProviderError, type ProviderErrorReason } from "../../providers/provider.js";
import type { ProviderSetup } from "../../providers/provider-definition.js";
import { createSettings } from "../../refresh/settings.js";
import { createDamageReport, reportingStore } from "../../store/damage-report.js";
import { openStore } from "../../store/open-store.js";
import type { Store, StoreDefinition } from "../../store/store.js";
import { createBoardRows } from "../board/board-rows.js";
import type { PlatformDefinition, PlatformFinding, PlatformSetup } from "../port/platform-definition.js";

export interface DoctorDeps {
  readonly parsed: ParsedConfig<ProviderSetup, PlatformSetup>;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly stores: readonly StoreDefinition[];
  readonly platforms: readonly PlatformDefinition[];
  print(line: string): void;
}

/**
 * Checks configuration, store, every provider and every platform; prints a line each and resolves with the exit code:
 * 1 when one is ✗. After a fault of the configuration it goes on with what can be checked anyway.
 */
export async function runDoctor(deps: DoctorDeps): Promise<0 | 1> {
  const { parsed, print } = deps;
  const faults = "faults" in parsed ? parsed.faults : [];
  const config = "faults" in parsed ? parsed.checkable : parsed.config;
  const isFaulty = (names: readonly string[]) => faults.some(({ variable }) => names.includes(variable));
  // A key goes nowhere but to the address that it is for; what nobody set stands in for what is faulty.
  const isAskable = ({ key, baseUrl, keyVariable, addressVariable }: ProviderSetup): boolean =>
    addressVariable === undefined || (key !== undefined && baseUrl !== undefined && !isSafeForKey(baseUrl))
      ? faults.length === 0
      : addressVariable === keyVariable || !isFaulty([addressVariable]);
  const findings = await Promise.all([
    faults.length === 0
      ? { isFine: true, text: t`configuration: every variable is valid` }
      : faults.map(({ variable, fix }) => ({ isFine: false, text: `${variable}: ${fix}` })),
    isFaulty(["STORE_URL"]) ? undefined : checkStore(deps, config),
    ...config.providers.filter(isAskable).map((setup) => checkProvider(deps, setup, config.refresh.timeoutMs)),
    // With a faulty variable somewhere, a provider or platform may be missing for that one only.
    faults.length === 0 ? checkProviders(config.providers) : undefined,
    ...deps.platforms.map(({ id, variables }) => {
      if (isFaulty(Object.keys(variables))) return undefined;
      const setup = config.platforms.find((configured) => configured.id === id);
      if (setup === undefined) return { isFine: true, text: t`${id}: off` };
      return setup.check?.({ config, clock: deps.clock, log: createLog({ level: "silent", secrets: [] }) });
    }),
  ]);
  const scrub = createScrubber(config.secrets);
  const lines = findings.flatMap((finding) => finding ?? []).map(({ isFine, text }) => `${isFine ? "✓" : "✗"} ${text}`);
  const warnings = [
    ...parsed.warnings.map(({ variable, fix }) => `⚠️ ${variable}: ${fix}`),
    ...(isFaulty(["STORE_URL"]) ? [] : storeWarnings(deps, config.storeUrl)),
    ...(await warningsOfRunning(deps, config.http)),
  ];
  for (const line of new Set([...warnings, ...lines].map(scrub))) print(line);
  return lines.every((line) => line.startsWith("✓")) ? 0 : 1;
}

const storeWarnings = ({ stores }: DoctorDeps, url: string): readonly string[] =>
  (stores.find(({ schemes }) => schemes.some((scheme) => url.startsWith(`${scheme}:`)))?.warnings?.(url) ?? []).map(
    (warning) => t`⚠️ store: ${warning}`,
  );

const READINESS = z.object({ problems: z.array(z.string()), warnings: z.array(z.string()) });

/** What a bot that runs with this configuration says of itself: some things only show while it runs. */
async function warningsOfRunning(
  { fetch, clock }: DoctorDeps,
  { host, port }: HostConfig["http"],
): Promise<readonly string[]> {
  if (port === 0) return [];
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  try {
    const terms = { what: "the running bot", timeoutMs: RUNNING_TIMEOUT_MS, clock };
    const read = async (signal: AbortSignal) => (await fetch(`http://${name}:${port}/readyz`, { signal })).json();
    const { data } = READINESS.safeParse(await withDeadline(read, terms));
    return [...(data?.problems ?? []), ...(data?.warnings ?? [])].map((text) => t`⚠️ the running bot says: ${text}`);
  } catch {
    return []; // none runs here
  }
}

async function checkStore(
  { stores }: DoctorDeps,
  { storeUrl: url, platforms }: Pick<Config<ProviderSetup, PlatformSetup>, "storeUrl" | "platforms">,
): Promise<readonly PlatformFinding[]> {
  const place = url.replace(/\/\/[^@/]*@/, "//"); // without a password
  try {
    const store = await openStore(url, stores);
    try {
      const replicas = await Promise.all(platforms.map((setup) => checkReplicas(setup, store)));
      return [...(await storeFindings(store, t`store: ${place} opens`)), ...replicas.flat()];
    } finally {
      await store.close();
    }
  } catch (error) {
    return [{ isFine: false, text: t`store: ${messageOf(error)}` }];
  }
}

/** Which replica does what, where the platform shares that out. Never rejects. */
export const checkReplicas = async (setup: PlatformSetup, store: Store): Promise<readonly PlatformFinding[]> =>
  (await setup.checkReplicas?.(store).catch(() => undefined)) ?? []; // the store's own line says what is wrong with it

/** `works` is said of a store that can be read; damaged rows are named besides. @throws {StoreError} */
export async function storeFindings(store: Store, works: string): Promise<readonly PlatformFinding[]> {
  const damaged: { readonly table?: string; readonly key?: string }[] = [];
  const report = createDamageReport({ warn: (row: object) => void damaged.push(row) });
  await readSmallTables(reportingStore(store, report));
  const keys = damaged.map(({ table, key }) => `${table} ${key}`);
  const named = keys.length === 0 ? [] : [t`the damaged rows are ${keys.slice(0, MAX_DAMAGED).join(", ")}`];
  return [{ isFine: true, text: works }, ...[...report.warnings(), ...named].map((text) => ({ isFine: false, text }))];
}

const RUNNING_TIMEOUT_MS = 2_000;
/** How many damaged rows are named. */
const MAX_DAMAGED = 10;

/** Reads what is small enough to be read as a whole; the running bot finds damage in the rest when it comes there. */
async function readSmallTables(store: Store): Promise<void> {
  for (const table of ["models", "forgotten", "processes"] as const) await store.values(table).entries();
  await createSettings({
    store,
    host: { isEnabled: true, intervalMs: 0 },
    log: createLog({ level: "silent", secrets: [] }),
  }).load();
  await createBoardRows(store).load();
}

/** Lists the provider's models, as the bot does, and finds out whether its key is a good one. */
export async function checkProvider(
  { clock, fetch }: Pick<DoctorDeps, "clock" | "fetch">,
  setup: ProviderSetup,
  timeoutMs: number,
): Promise<PlatformFinding> {
  const { id, key } = setup;
  const wrong = (text: string): PlatformFinding => ({ isFine: false, text: `${id}: ${text}` });
  try {
    const provider = await setup.load({ clock, warn: () => {} });
    const deadline = { what: `${id}'s model list`, timeoutMs, clock };
    const models = await withDeadline((signal) => provider.listModels(signal), deadline);
    const chat = models.filter(({ isChat }) => isChat).length;
    if (chat === 0) return wrong(noModelsText(setup, models.length));
    const list = plural(chat, "chat model");
    if (key === undefined) return { isFine: true, text: t`${id}: answers, ${list}` };
    const proof = await proveKey(setup, models, { fetch, clock, timeoutMs });
    const left = "left" in proof && proof.left ? `; ${proof.left}` : "";
    if (proof.kind === "works") return { isFine: true, text: t`${id}: the key works, ${list}${left}` };
    if (proof.kind === "used-up") {
      return wrong(
        t`the key is accepted, but nothing is left for it${left}; add credit or raise its limit at the provider`,
      );
    }
    const said = messageOf(proof.error);
    return proof.kind === "refused"
      ? wrong(
          t`lists ${list} with any key, but refuses questions with this one: ${said}; ${fixFor(proof.error, setup)}`,
        )
      : wrong(t`lists ${list} with any key, and a question with this one failed: ${said}`);
  } catch (error) {
    const opening = `${id} `; // most say whose they are
    const said = messageOf(error).replace("; check its base URL", ""); // the fix says so too
    return wrong(`${said.startsWith(opening) ? said.slice(opening.length) : said}; ${fixFor(error, setup)}`);
  }
}

function noModelsText({ id, baseUrl, emptyHint }: ProviderSetup, listed: number): string {
  if (listed === 0) return t`answers, but lists no model; ${emptyHint ?? t`check its base URL (${baseUrl})`}`;
  const rows = plural(listed, "model");
  const hint = t`\`/models use ${id}/MODEL\` works with any that it has`;
  return t`answers, but none of the ${rows} that it lists is for chat; ${hint}`;
}

const FIXES: Partial<Record<ProviderErrorReason, Phrase>> = {
  "rate-limited": phrase`try again later`,
  overloaded: phrase`try again later`,
  loading: phrase`try again in a minute`,
  quota: phrase`wait until the quota renews, or raise it at the provider`,
  "spend-cap": phrase`add credit or raise its limit at the provider`,
  "no-access": phrase`check what this key may use at the provider`,
};

function fixFor(error: unknown, { key, keyVariable, baseUrl }: ProviderSetup): string {
  if (error instanceof ProviderError && error.reason === "auth") {
    const where = keyVariable === undefined ? "" : ` (${keyVariable})`;
    return key === undefined ? t`it needs a key${where}` : t`check its key${where}`;
  }
  if (error instanceof TimeoutError) return t`check the network, or set REFRESH_TIMEOUT_SECONDS higher`;
  const fix = error instanceof ProviderError ? FIXES[error.reason] : undefined;
  if (fix !== undefined) return t(fix);
  return t`check its base URL (${baseUrl}) and the network`;
}

export function checkProviders(providers: readonly ProviderSetup[]): PlatformFinding | undefined {
  if (providers.length > 0) return undefined;
  return {
    isFine: false,
    text: t`providers: none is configured; set a key such as OPENAI_API_KEY, or DEMO_PROVIDER=true`,
  };
}
