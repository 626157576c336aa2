import type { Config } from "../../base/config/config.js";
import { messageOf } from "../../base/errors.js";
import { createLog, createScrubber } from "../../base/log.js";
import { t } from "../../languages/translate.js";
import type { ProviderSetup } from "../../providers/provider-definition.js";
import type { Store } from "../../store/store.js";
import type { PlatformSetup } from "../port/platform-definition.js";
import { checkProvider, checkProviders, checkReplicas, type DoctorDeps, storeFindings } from "./doctor.js";

export interface RunningChecksDeps extends Pick<DoctorDeps, "clock" | "fetch"> {
  readonly config: Config<ProviderSetup, PlatformSetup>;
  readonly store: Store;
  /** What the running bot says of itself, as in `/readyz`. */
  faults(): readonly string[];
  warnings(): readonly string[];
}

/**
 * Makes the checks of `npm run doctor` inside the running bot; yields a line for each as soon as it is done: "✓ …",
 * "✗ …" or "⚠️ …". Never throws.
 */
export async function* runningChecks(deps: RunningChecksDeps): AsyncGenerator<string> {
  const { config } = deps;
  const { platforms, providers, refresh, secrets, storeUrl } = config;
  const scrub = createScrubber(secrets);
  const lines = new Set([...deps.faults().map((text) => `✗ ${text}`), ...deps.warnings().map((text) => `⚠️ ${text}`)]);
  for (const line of lines) yield scrub(line);
  const log = createLog({ level: "silent", secrets: [] });
  const kind = storeUrl.split(":")[0] ?? "";
  const checks = [
    storeFindings(deps.store, t`store: ${kind} can be read`).catch((error) => ({
      isFine: false,
      text: t`store: ${messageOf(error)}`,
    })),
    ...platforms.map((setup) => checkReplicas(setup, deps.store)),
    ...providers.map((setup) => checkProvider(deps, setup, refresh.timeoutMs)),
    checkProviders(providers),
    ...platforms.map((setup) => setup.check?.({ config, clock: deps.clock, log })),
  ].map((check, index) => Promise.resolve(check).then((found) => ({ index, found: [found ?? []].flat() })));
  const open = new Map(checks.map((check, index) => [index, check]));
  while (open.size > 0) {
    const { index, found } = await Promise.race(open.values());
    open.delete(index);
    for (const { isFine, text } of found) yield scrub(`${isFine ? "✓" : "✗"} ${text}`);
  }
}
