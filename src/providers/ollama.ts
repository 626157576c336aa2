import { define } from "../base/config/config.js";
import { baseUrl } from "../base/config/variables.js";
import type { ProviderSetup } from "./provider-definition.js";

export const ollama = define({
  id: "ollama",
  variables: {
    OLLAMA_BASE_URL: baseUrl({
      about: 'address of an Ollama server; turns the provider "ollama" on',
      example: "http://127.0.0.1:11434",
    }),
  },
  configure: ({ OLLAMA_BASE_URL: url }): readonly ProviderSetup[] => {
    if (url === undefined) return [];
    return [
      {
        id: "ollama",
        baseUrl: url,
        addressVariable: "OLLAMA_BASE_URL",
        emptyHint: "get one with `ollama pull NAME`",
        preferredFamilies: ["gpt-oss", "qwen3", "gemma", "llama", "mistral"],
        load: async (deps) => (await import("./ollama-wire/ollama-provider.js")).createOllamaProvider(url, deps),
      },
    ];
  },
});
