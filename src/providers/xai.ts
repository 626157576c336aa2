import { preset } from "./preset.js";

export const xai = preset({
  id: "xai",
  name: "xAI",
  baseUrl: "https://api.x.ai/v1",
  modelsDevId: "xai",
  preferredFamilies: ["grok-4.3", "grok-4", "grok-"],
});
