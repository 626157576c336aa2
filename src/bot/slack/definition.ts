import type { PlatformDefinition } from "../port/platform-definition.js";

/** Slack, by Socket Mode or signed HTTP. Its SDK is loaded only where it is configured. */
export const slackPlatform: PlatformDefinition = {
  name: "slack",
  isConfigured: (config) => config.slack !== undefined,
  async create(deps) {
    const { createSlack } = await import("./create-slack.js");
    return { platform: createSlack(deps) };
  },
  async check({ config, log }) {
    const { checkSlack } = await import("./setup/check-slack.js");
    const { slack, access } = config;
    return slack === undefined ? [] : checkSlack({ slack, access, log });
  },
};
