import type { PlatformDefinition } from "../../port/platform-definition.js";
import { createPlayground } from "./playground.js";

/** The chat page in the browser. */
export const playgroundPlatform: PlatformDefinition = {
  name: "playground",
  isConfigured: (config) => config.playground,
  async create({ commands, ...deps }) {
    const hints = commands.map(({ path, about }) => ({ path, about }));
    const playground = createPlayground({ ...deps, commands: () => hints });
    const { routes, eraseUntouched, forget, showStatus } = playground;
    return { platform: playground, routes, eraseUntouched, forget, showStatus };
  },
};
