import { define } from "../base/config/config.js";
import { baseUrl, secret } from "../base/config/variables.js";
import type { ProviderDefinition, ProviderSetup } from "./provider-definition.js";

const VENDOR_URL = "https://api.anthropic.com";

export const anthropic: ProviderDefinition = {
  modelsDevId: "anthropic",
  ...define({
    id: "anthropic",
    variables: {
      ANTHROPIC_API_KEY: secret('Anthropic API key; turns the provider "anthropic" on'),
      ANTHROPIC_BASE_URL: baseUrl({ about: "base URL for Anthropic, without /v1", example: VENDOR_URL }),
    },
    configure: ({ ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: url = VENDOR_URL }): readonly ProviderSetup[] => {
      if (key === undefined) return [];
      return [
        {
          id: "anthropic",
          baseUrl: url,
          key,
          keyVariable: "ANTHROPIC_API_KEY",
          addressVariable: "ANTHROPIC_BASE_URL",
          preferredFamilies: ["claude-sonnet", "claude-haiku", "claude-opus", "claude-"],
          load: async (deps) => {
            const { createAnthropicProvider } = await import("./anthropic-wire/anthropic-provider.js");
            return createAnthropicProvider({ id: "anthropic", baseUrl: url, key }, deps);
          },
        },
      ];
    },
  }),
};
