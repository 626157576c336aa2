import { define } from "../base/config/config.js";
import { baseUrl, secret } from "../base/config/variables.js";
import { isChatModel, isOpenAiChatModel } from "./openai-wire/model-row.js";
import type { ProviderDefinition, ProviderSetup } from "./provider-definition.js";

const VENDOR_URL = "https://api.openai.com/v1";

export const openai: ProviderDefinition = {
  modelsDevId: "openai",
  ...define({
    id: "openai",
    variables: {
      OPENAI_API_KEY: secret('OpenAI API key; turns the provider "openai" on'),
      OPENAI_BASE_URL: baseUrl({ about: "base URL for OpenAI, including /v1", example: VENDOR_URL }),
    },
    configure: ({ OPENAI_API_KEY: key, OPENAI_BASE_URL: url = VENDOR_URL }): readonly ProviderSetup[] => {
      if (key === undefined) return [];
      const wire = {
        id: "openai",
        baseUrl: url,
        key,
        isChat: isOpenAiItself(url) ? isOpenAiChatModel : isChatModel,
        tokenLimit: "max_completion_tokens",
      } as const;
      return [
        {
          id: "openai",
          baseUrl: url,
          key,
          keyVariable: "OPENAI_API_KEY",
          addressVariable: "OPENAI_BASE_URL",
          preferredFamilies: ["gpt-5.6", "gpt-5.5", "gpt-5.4", "gpt-5", "gpt-4.1", "gpt-4o", "gpt-"],
          load: async (deps) => (await import("./openai-wire/openai-provider.js")).createOpenAiProvider(wire, deps),
        },
      ];
    },
  }),
};

/** True for OpenAI's own addresses, also those of a region; a gateway behind `OPENAI_BASE_URL` lists others' models. */
const isOpenAiItself = (url: string) => /(^|\.)api\.openai\.com$/.test(new URL(url).hostname);
