import { baseUrl, flag, list, secret, text, wholeNumber } from "./variables.js";

const DEFAULT_SYSTEM_PROMPT =
  "You are Evergreen, a helpful assistant in a team chat. Answer clearly and briefly, in the language of the question.";

/** All variables of the host itself, in the order of `.env.example`; providers declare their own. */
export const hostVariables = {
  DISCORD_TOKEN: secret("Discord bot token; turns the Discord platform on"),
  DISCORD_API_URL: baseUrl({ about: "REST base of the Discord API", example: "http://127.0.0.1:3001/api" }),
  SLACK_BOT_TOKEN: secret(
    "Slack bot token; turns Slack on, together with one of the next two (with both: Socket Mode)",
    "xoxb-",
  ),
  SLACK_APP_TOKEN: secret("Slack app token, for Socket Mode", "xapp-"),
  SLACK_SIGNING_SECRET: secret("Slack signing secret, for HTTP mode"),
  SLACK_PORT: wholeNumber({ about: "port of Slack's HTTP mode (/slack/events)", min: 0, max: 65535, fallback: 3000 }),
  SLACK_API_URL: baseUrl({ about: "base of Slack's Web API", example: "http://127.0.0.1:4003/api/" }),
  SLACK_COMMAND_PREFIX: text({
    about: "put before each slash command's name on Slack",
    example: "ai-",
    fallback: "",
    pattern: /^[a-z0-9_-]{1,20}$/,
    mend: "must be up to 20 of a-z, 0-9, _ and -",
  }),
  FOLLOW_THREADS: flag({ about: "answer without a mention in threads the bot takes part in", example: "false" }),
  ALLOWED_WORKSPACES: list({
    about: "guild and team ids that are served; all when unset",
    example: "123456789012345678,T0123456789",
  }),
  ALLOW_DMS: flag({ about: "whether direct messages are served", example: "true" }),
  OPERATORS: list({
    about: "people who may change settings anywhere",
    example: "discord:123456789012345678,slack:U0123456789",
    item: /^(discord|slack|playground):[^\s:]+$/,
    mend: "must be entries as discord:ID or slack:ID, separated by commas",
  }),
  PLAYGROUND: flag({ about: "the chat page in the browser; on when neither Discord nor Slack is configured" }),
  HTTP_HOST: text({
    about: "address that the HTTP server listens on",
    example: "127.0.0.1",
    fallback: "127.0.0.1",
    pattern: /^[\w.:-]+$/,
    mend: "must be a host name or an IP address",
  }),
  HTTP_PORT: wholeNumber({ about: "port of the HTTP server; 0 takes a free one", min: 0, max: 65535, fallback: 8787 }),
  HTTP_TOKEN: secret(
    "needed as soon as HTTP_HOST is not a loopback address; then asked for everywhere but /healthz and /readyz",
  ),
  HTTP_ALLOWED_HOSTS: list({ about: "further accepted Host values", example: "bot.example.com,bot.example.com:8443" }),
  METRICS_PUBLIC: flag({ about: "frees /metrics from the token", example: "false" }),
  DEFAULT_MODEL: text({
    about: "model of a new conversation, as provider/model",
    example: "openai/gpt-5",
    fallback: undefined,
    pattern: /^[^\s/]+\/\S+$/,
    mend: "must be provider/model, as openai/gpt-5",
  }),
  SYSTEM_PROMPT: text({ about: "what new conversations tell the model first", fallback: DEFAULT_SYSTEM_PROMPT }),
  HISTORY_TOKENS: wholeNumber({
    about: "most tokens of a conversation that are sent, besides the model's window",
    min: 100,
    max: 10_000_000,
    fallback: 16_000,
  }),
  HISTORY_MESSAGES: wholeNumber({
    about: "most messages of a conversation that are sent",
    min: 1,
    max: 10_000,
    fallback: 50,
  }),
  RETENTION_DAYS: wholeNumber({
    about: "conversations untouched for longer are erased; 0 keeps them",
    min: 0,
    max: 36_500,
    fallback: 90,
  }),
  STORE_URL: text({
    about:
      "where everything is kept: sqlite://PATH (absolute with three slashes), redis://, rediss:// or postgres:// (docs/stores.md)",
    example: "sqlite://data/evergreen.sqlite",
    fallback: "sqlite://data/evergreen.sqlite",
  }),
  AUTO_REFRESH: flag({
    about: "refresh the model lists in the background, where a workspace has set nothing",
    example: "true",
  }),
  REFRESH_INTERVAL_SECONDS: wholeNumber({
    about: "how often, where a workspace has set nothing",
    min: 60,
    max: 86_400,
    fallback: 300,
  }),
  REFRESH_TIMEOUT_SECONDS: wholeNumber({ about: "deadline of one provider's list", min: 1, max: 60, fallback: 10 }),
  CACHE_MAX_AGE_SECONDS: wholeNumber({
    about: "up to which age a list counts as fresh",
    min: 60,
    max: 86_400,
    fallback: 300,
  }),
  CHAT_TIMEOUT_SECONDS: wholeNumber({
    about: "longest silence of an answer once its text has begun; three times that before",
    min: 1,
    max: 3_600,
    fallback: 60,
  }),
  USER_MESSAGES_PER_10_MIN: wholeNumber({
    about: "questions of one person in 10 minutes; 0 means no limit",
    min: 0,
    max: 1_000_000,
    fallback: 20,
  }),
  CHANNEL_MESSAGES_PER_10_MIN: wholeNumber({
    about: "questions in one channel in 10 minutes; 0 means no limit",
    min: 0,
    max: 1_000_000,
    fallback: 60,
  }),
  PROVIDER_CONCURRENCY: wholeNumber({
    about: "answers of one provider at the same time; 0 means no limit",
    min: 0,
    max: 1_000_000,
    fallback: 16,
  }),
  LOG_LEVEL: text({
    about: "trace, debug, info, warn, error, fatal or silent; JSON lines on standard error",
    example: "info",
    fallback: "info",
    pattern: /^(trace|debug|info|warn|error|fatal|silent)$/,
    mend: "must be one of trace, debug, info, warn, error, fatal, silent",
  }),
};
