import { define } from "../../../base/config/config.js";
import { flag } from "../../../base/config/variables.js";
import type { Command } from "../../../commands/command.js";
import { t } from "../../../languages/translate.js";
import type { PlatformDefinition, PlatformSetup } from "../../port/platform-definition.js";
import type { CommandHint } from "./routes.js";

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
            const hints = commands.map(hintOf);
            const playground = createPlayground({ ...deps, commands: () => hints });
            const { routes, eraseUntouched, forget, eraseText, showStatus } = playground;
            return { platform: playground, routes, eraseUntouched, forget, eraseText, showStatus };
          },
          async check({ config: { http } }) {
            const text = t`playground: on, at http://${http.host}:${http.port} when the bot runs`;
            return [{ isFine: true, text }];
          },
        },
      ];
    },
  }),
};

const FLAG_VALUES = ["on", "off"].map((value) => ({ value, label: value }));

const hintOf = ({ path, about, options }: Command): CommandHint => ({
  ...{ path, about },
  options: Object.entries(options).map(([name, option]) => ({
    name,
    values:
      option.kind === "flag"
        ? FLAG_VALUES
        : option.kind === "choice"
          ? option.values.map(({ value, label }) => ({ value, label }))
          : [],
  })),
});
