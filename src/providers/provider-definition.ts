import type { Clock } from "../base/clock.js";
import type { Definition } from "../base/config/config.js";
import type { QuotaEndpoint } from "./http/quota-endpoints.js";
import type { ListThread } from "./lists/list-thread.js";
import type { Provider, ProviderId } from "./provider.js";

export interface ProviderDeps {
  readonly clock: Clock;
  /** For what a vendor's client would print to the console. */
  readonly warn: (message: string) => void;
  /** Asks for and reads the lists of all providers; each has one of its own where it is unset. */
  readonly listThread?: ListThread | undefined;
}

/** Where a vendor says what an ordinary key may still use. */
export interface VendorAccount {
  readonly url: string;
  /** Reads the answer; undefined where it is none. */
  read(body: unknown): { readonly text: string; readonly isUsedUp: boolean } | undefined;
}

/** The variables that configure a provider, for whoever has to fix one. */
export interface ProviderVariables {
  /** Holds its key; unset where it has none. */
  readonly keyVariable?: string;
  readonly addressVariable?: string;
}

/** A provider that the environment configures, not yet loaded: its SDK is imported by `load` only. */
export interface ProviderSetup extends ProviderVariables {
  readonly id: ProviderId;
  /** Where it is asked; part of the identity of its stored list. */
  readonly baseUrl: string;
  readonly key?: string | undefined;
  readonly account?: VendorAccount;
  /** Where it tells the key's quotas, each asked for beside the list; those that are not there are left alone. */
  readonly quotaEndpoints?: readonly QuotaEndpoint[];
  /** What helps where its list is empty, as "get one with `ollama pull NAME`". */
  readonly emptyHint?: string;
  /** Model families for a new conversation, best first: id prefixes, as "gpt-5" or "claude-sonnet". */
  readonly preferredFamilies: readonly string[];
  load(deps: ProviderDeps): Promise<Provider>;
}

/** What a vendor's file exports; the registry lists it. */
export interface ProviderDefinition extends Definition<ProviderSetup> {
  /**
   * The vendor's id at https://models.dev, where the table of prices comes from; unset where its own list tells
   * prices.
   */
  readonly modelsDevId?: string;
}
