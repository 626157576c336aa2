import { MISTRAL_HEADERS } from "./http/quota-tables.js";
import { preset } from "./preset.js";

export const mistral = preset({
  id: "mistral",
  name: "Mistral",
  baseUrl: "https://api.mistral.ai/v1",
  modelsDevId: "mistral",
  quotaHeaders: MISTRAL_HEADERS,
  preferredFamilies: ["mistral-medium-latest", "mistral-medium", "mistral-large-latest", "mistral-small"],
});
