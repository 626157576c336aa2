import { preset } from "./preset.js";

export const mistral = preset({
  id: "mistral",
  name: "Mistral",
  baseUrl: "https://api.mistral.ai/v1",
  preferredFamilies: ["mistral-medium-latest", "mistral-medium", "mistral-large-latest", "mistral-small"],
});
