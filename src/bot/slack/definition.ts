import { define } from "../../base/config/config.js";
import type { PlatformDefinition, PlatformSetup } from "../port/platform-definition.js";
import { slackVariables } from "./variables.js";

/** Slack, by Socket Mode or signed HTTP. Its SDK is loaded only where it is configured. */
export const slackPlatform: PlatformDefinition = {
  name: "Slack",
  programs: [
    {
      name: "slack-manifest",
      about: "prints the Slack app manifest",
      async run(deps) {
        const { printManifest } = await import("./setup/manifest.js");
        return printManifest(deps);
      },
    },
  ],
  ...define({
    id: "slack",
    variables: slackVariables,
    configure(values, { fault }): readonly PlatformSetup[] {
      const { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret } = values;
      if (botToken === undefined) {
        for (const name of ["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"] as const)
          if (values[name] !== undefined) fault(name, "needs SLACK_BOT_TOKEN beside it");
        return [];
      }
      if (appToken === undefined && signingSecret === undefined)
        fault("SLACK_BOT_TOKEN", "needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode) beside it");
      const { SLACK_HOST: host, SLACK_PORT: port, SLACK_API_URL: apiUrl, SLACK_COMMAND_PREFIX: commandPrefix } = values;
      const slack = { botToken, appToken, signingSecret, host, port, apiUrl, commandPrefix };
      const load = () => import("./create-slack.js");
      return [
        {
          id: "slack",
          key: botToken,
          baseUrl: apiUrl,
          load,
          async create(deps) {
            const { createSlack } = await load();
            const { isMemberOf, findReplies, readMissed, reread, warnings, ...platform } = createSlack({
              ...deps,
              slack,
            });
            return { platform, isMemberOf, findReplies, readMissed, reread, warnings };
          },
          async check({ config, log }) {
            const { checkSlack } = await import("./setup/check-slack.js");
            return checkSlack({ slack, access: config.access, log });
          },
        },
      ];
    },
  }),
};
