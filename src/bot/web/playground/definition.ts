import type { PlatformDefinition } from "../../port/platform-definition.js";
import { createPlayground } from "./playground.js";

/** The chat page in the browser. */
export const playgroundPlatform: PlatformDefinition = {
  name: "playground",
  isConfigured: (config) => config.playground,
  async create({ commands, ...deps }) {
    const hints = commands.map(({ path, about }) => ({ path, about }));
    const playground = createPlayground({ ...deps, commands: () => hints });
    return { platform: playground, routes: playground.routes, eraseUntouched: playground.eraseUntouched };
  },
};
