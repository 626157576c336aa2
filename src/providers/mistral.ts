import { preset } from "./preset.js";

export const mistral = preset({
  id: "mistral",
  name: "Mistral",
  baseUrl: "https://api.mistral.ai/v1",
  modelsDevId: "mistral",
  preferredFamilies: ["mistral-medium-latest", "mistral-medium", "mistral-large-latest", "mistral-small"],
});
