import { baseUrl, secret, text, wholeNumber } from "../../base/config/variables.js";

export const slackVariables = {
  SLACK_BOT_TOKEN: secret(
    "Slack bot token; turns Slack on, together with one of the next two (with both: Socket Mode)",
    "xoxb-",
    {
      "xapp-": "this is the app token; set it as SLACK_APP_TOKEN",
      "xoxp-": "this is a person's token; take the Bot User OAuth Token",
    },
  ),
  SLACK_APP_TOKEN: secret("Slack app token, for Socket Mode", "xapp-", {
    "xoxb-": "this is the bot token; set it as SLACK_BOT_TOKEN",
  }),
  SLACK_SIGNING_SECRET: secret("Slack signing secret, for HTTP mode"),
  SLACK_HOST: text({
    about: "address that Slack's HTTP mode listens on; behind a proxy on another machine 0.0.0.0",
    example: "127.0.0.1",
    fallback: "127.0.0.1",
    pattern: /^[\w.:-]+$/,
    fix: "must be a host name or an IP address",
  }),
  SLACK_PORT: wholeNumber({ about: "port of Slack's HTTP mode (/slack/events)", min: 0, max: 65535, fallback: 3000 }),
  SLACK_API_URL: baseUrl({ about: "base of Slack's Web API", example: "https://slack.com/api/" }),
  SLACK_COMMAND_PREFIX: text({
    about: "put before each slash command's name on Slack",
    example: "ai-",
    fallback: "",
    pattern: /^[a-z0-9_-]{1,20}$/,
    fix: "must be up to 20 of a-z, 0-9, _ and -",
  }),
};

/** What the environment configures of Slack. */
export interface SlackSettings {
  readonly botToken: string;
  /** Set for Socket Mode. */
  readonly appToken: string | undefined;
  readonly signingSecret: string | undefined;
  /** Only used in HTTP mode. */
  readonly host: string;
  readonly port: number;
  readonly apiUrl: string | undefined;
  readonly commandPrefix: string;
}
