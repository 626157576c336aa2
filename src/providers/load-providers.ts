import type { Clock } from "../base/clock.js";
import type { Log } from "../base/log.js";
import { createListThread } from "./lists/list-thread.js";
import type { Provider } from "./provider.js";
import type { ProviderSetup } from "./provider-definition.js";

export interface LoadDeps {
  readonly clock: Clock;
  readonly log: Pick<Log, "warn">;
}

/** Imports the SDKs of the configured providers, all at the same time. */
export async function loadProviders<S extends ProviderSetup>(
  setups: readonly S[],
  { clock, log }: LoadDeps,
): Promise<readonly (S & { readonly provider: Provider })[]> {
  const deps = {
    clock,
    warn: (message: string) => log.warn({ message }, "a provider's client warns"),
    // One for all, so that many large lists take one core at most.
    listThread: createListThread({ clock }),
  };
  return Promise.all(setups.map(async (setup) => ({ ...setup, provider: await setup.load(deps) })));
}
