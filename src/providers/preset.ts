import { define } from "../base/config/config.js";
import { baseUrl, secret } from "../base/config/variables.js";
import type { QuotaEndpoint } from "./http/quota-endpoints.js";
import type { HeaderWindow } from "./http/quota-tables.js";
import { isChatModel } from "./openai-wire/model-row.js";
import type { OpenAiWire } from "./openai-wire/openai-provider.js";
import type { ProviderDefinition, ProviderDeps, ProviderSetup, VendorAccount } from "./provider-definition.js";

export interface Preset {
  readonly id: string;
  /** Name of the vendor as people write it. */
  readonly name: string;
  /** The vendor's OpenAI-compatible base. */
  readonly baseUrl: string;
  /** The vendor's id at https://models.dev; left out where its list tells prices. */
  readonly modelsDevId?: string;
  readonly preferredFamilies: readonly string[];
  /** What the vendor puts before each id in its list and takes without it as well. */
  readonly idPrefix?: string;
  /** Where the vendor says what a key may still use; takes the base URL in force. */
  readonly account?: (baseUrl: string) => VendorAccount;
  /** What its headers tell of quotas. Default: OpenAI's. */
  readonly quotaHeaders?: readonly HeaderWindow[];
  /** Where it tells the key's quotas; each takes the base URL in force. */
  readonly quotaEndpoints?: readonly ((baseUrl: string) => QuotaEndpoint)[];
}

/** A vendor that speaks OpenAI's wire format: `X_API_KEY` turns it on, `X_BASE_URL` moves it. */
export function preset(declared: Preset): ProviderDefinition {
  const { id, name, baseUrl: vendorUrl, modelsDevId, preferredFamilies, idPrefix, account, quotaHeaders } = declared;
  const prefix = id.toUpperCase();
  const [keyName, urlName] = [`${prefix}_API_KEY`, `${prefix}_BASE_URL`];
  const definition = define({
    id,
    variables: {
      [keyName]: secret(`${name} API key; turns the provider "${id}" on`),
      [urlName]: baseUrl({ about: `base URL for ${name}`, example: vendorUrl }),
    },
    configure: (values): readonly ProviderSetup[] => {
      const key = values[keyName];
      if (key === undefined) return [];
      const url = values[urlName] ?? vendorUrl;
      return [
        {
          id,
          baseUrl: url,
          key,
          keyVariable: keyName,
          addressVariable: urlName,
          preferredFamilies,
          ...(account && { account: account(url) }),
          quotaEndpoints: (declared.quotaEndpoints ?? []).map((endpoint) => endpoint(url)),
          load: loadCompatible({ id, baseUrl: url, key, idPrefix, quotaHeaders }),
        },
      ];
    },
  });
  return { ...definition, ...(modelsDevId !== undefined && { modelsDevId }) };
}

/** Loads the provider of an OpenAI-compatible endpoint. */
export const loadCompatible =
  (endpoint: Pick<OpenAiWire, "id" | "baseUrl" | "key" | "idPrefix" | "quotaHeaders">) =>
  async (deps: ProviderDeps) => {
    const { createOpenAiProvider } = await import("./openai-wire/openai-provider.js");
    return createOpenAiProvider({ ...endpoint, isChat: isChatModel, tokenLimit: "max_tokens" }, deps);
  };
