import { preset } from "./preset.js";

export const gemini = preset({
  id: "gemini",
  name: "Google Gemini",
  baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
  modelsDevId: "google",
  idPrefix: "models/",
  quotaHeaders: [], // its refusals alone tell of quotas
  preferredFamilies: ["gemini-3.5-flash", "gemini-flash-latest", "gemini-3", "gemini-2.5-flash", "gemini-"],
});
