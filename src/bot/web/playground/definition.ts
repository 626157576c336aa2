import { define } from "../../../base/config/config.js";
import { flag } from "../../../base/config/variables.js";
import type { PlatformDefinition, PlatformSetup } from "../../port/platform-definition.js";

/** The chat page in the browser. */
export const playgroundPlatform: PlatformDefinition = {
  name: "Playground",
  ...define({
    id: "playground",
    variables: {
      PLAYGROUND: flag({
        about: "the chat page in the browser; on when no other platform is configured",
        example: "true",
      }),
    },
    configure({ PLAYGROUND }, { configured }): readonly PlatformSetup[] {
      if (!(PLAYGROUND ?? configured.length === 0)) return [];
      return [
        {
          id: "playground",
          isServedHere: true,
          async create({ commands, ...deps }) {
            const { createPlayground } = await import("./playground.js");
            const hints = commands.map(({ path, about }) => ({ path, about }));
            const playground = createPlayground({ ...deps, commands: () => hints });
            const { routes, eraseUntouched, forget, showStatus } = playground;
            return { platform: playground, routes, eraseUntouched, forget, showStatus };
          },
          async check({ config: { http } }) {
            const text = `playground: on, at http://${http.host}:${http.port} when the bot runs`;
            return [{ isFine: true, text }];
          },
        },
      ];
    },
  }),
};
