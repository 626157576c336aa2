import { amount, flag, list, secret, text, type Variables, wholeNumber } from "./variables.js";

const DEFAULT_SYSTEM_PROMPT =
  "You are Evergreen, a helpful assistant in a team chat. Answer clearly and briefly, in the language of the question.";

/** "openai=50usd/month". */
export const PROVIDER_BUDGET =
  /^([a-z][a-z0-9-]{0,31})=(\d{1,12}(?:\.\d{1,6})?)(usd|requests|tokens)\/(day|week|month)$/i;

/** "person=2usd/day". */
export const HOST_BUDGET =
  /^(person|channel|workspace)=(\d{1,12}(?:\.\d{1,6})?)(usd|tokens|questions)\/(day|week|month)$/i;

const chatVariables = {
  DEFAULT_MODEL: text({
    about: "model of a new conversation, as provider/model",
    example: "openai/gpt-5",
    fallback: undefined,
    pattern: /^[^\s/]+\/\S+$/,
    fix: "must be provider/model, like openai/gpt-5",
  }),
  SYSTEM_PROMPT: text({ about: "system prompt of new conversations", fallback: DEFAULT_SYSTEM_PROMPT }),
  HISTORY_TOKENS: wholeNumber({
    about:
      "most tokens of a conversation that are sent, including files, quotes and shared messages; the model's " +
      "context window also applies",
    min: 100,
    max: 10_000_000,
    fallback: 16_000,
  }),
  MAX_OUTPUT_TOKENS: wholeNumber({
    about:
      "most tokens of one answer, its reasoning included; at most the model's own limit. Unset, it is sent where " +
      "that limit or the window is known, or a budget in tokens or USD is in force",
    min: 1,
    max: 10_000_000,
    fallback: 0,
    example: "16384",
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
  AUDIT_DAYS: wholeNumber({
    about: "how long the record of changes is kept, in days",
    min: 1,
    max: 36_500,
    fallback: 365,
  }),
  CATCH_UP_MINUTES: wholeNumber({
    about: "questions asked while the bot was offline are answered up to this age; 0 turns this off",
    min: 0,
    max: 45,
    fallback: 15,
  }),
  CHAT_TIMEOUT_SECONDS: wholeNumber({
    about: "longest pause in an answer's stream; three times as long before the first text",
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
};

const quotaVariables = {
  BUDGETS: list({
    about:
      "ceilings on what each person (over all workspaces), each channel and each workspace may use, separated by " +
      "commas; usd, tokens or questions per day, week (from Monday) or month, in UTC; a workspace can only lower them",
    example: "person=2usd/day,channel=20usd/week,workspace=100usd/month",
    item: HOST_BUDGET,
    fix:
      "must be entries of the form WHO=AMOUNT UNIT/PERIOD without spaces, like person=2usd/day; who is person, " +
      "channel or workspace, the units are usd, tokens and questions, the periods day, week and month",
  }),
  PROVIDER_BUDGETS: list({
    about:
      "your own ceilings on what the bot uses of a provider's account, separated by commas; usd, requests or tokens " +
      "per day, week (from Monday) or month, in UTC",
    example: "openai=50usd/month,groq=1000requests/day",
    item: PROVIDER_BUDGET,
    fix:
      "must be entries of the form PROVIDER=AMOUNT UNIT/PERIOD without spaces, like openai=50usd/month; the units " +
      "are usd, requests and tokens, the periods day, week and month",
  }),
};

const listVariables = {
  AUTO_REFRESH: flag({
    about: "refresh the model lists in the background, where a workspace has set nothing",
    example: "true",
  }),
  REFRESH_INTERVAL_SECONDS: wholeNumber({
    about: "how often the lists are refreshed, where a workspace has set nothing",
    min: 60,
    max: 86_400,
    fallback: 300,
  }),
  REFRESH_TIMEOUT_SECONDS: wholeNumber({
    about: "timeout for fetching one provider's list",
    min: 1,
    max: 60,
    fallback: 10,
  }),
  CACHE_MAX_AGE_SECONDS: wholeNumber({
    about: "how old a list may be and still count as fresh",
    min: 60,
    max: 86_400,
    fallback: 300,
  }),
};

const ruleVariables = {
  MODELS_ALLOW: list({
    about: "allowed models, as patterns for provider/model where * matches any characters; all when unset",
    example: "anthropic/*,openai/gpt-5*",
  }),
  MODELS_DENY: list({
    about: "denied models, in the same form; takes precedence over MODELS_ALLOW",
    example: "*/*-preview*",
  }),
  MODELS_MAX_PRICE: amount({
    about: "highest price that a model may have, in USD per million output tokens; unknown prices are allowed",
    example: "20",
  }),
};

const storageVariables = {
  STORE_URL: text({
    about:
      "where everything is kept: sqlite://PATH (absolute with three slashes), redis://, rediss:// or postgres:// " +
      "(docs/stores.md)",
    example: "sqlite://data/evergreen.sqlite",
    fallback: "sqlite://data/evergreen.sqlite",
  }),
  ACCEPT_OLDER_STORE: flag({
    about: "accepts once a SQLite file that is older than the bot left it, like a restored backup; unset it afterwards",
    example: "false",
  }),
};

const httpVariables = {
  HTTP_HOST: text({
    about: "address that the HTTP server listens on",
    example: "127.0.0.1",
    fallback: "127.0.0.1",
    pattern: /^[\w.:-]+$/,
    fix: "must be a host name or an IP address",
  }),
  HTTP_PORT: wholeNumber({ about: "port of the HTTP server; 0 takes a free one", min: 0, max: 65535, fallback: 8787 }),
  HTTP_TOKEN: {
    ...secret(
      "at least 16 characters; required as soon as HTTP_HOST is not a loopback address; then needed everywhere " +
        "but at /healthz and /readyz. People open http://HOST:PORT/#token=VALUE once; scripts send it as " +
        "Authorization: Bearer VALUE",
    ),
    example: "a-long-random-value",
  },
  HTTP_ALLOWED_HOSTS: list({
    about: "additional Host header values to accept",
    example: "bot.example.com,bot.example.com:8443",
  }),
  METRICS_PUBLIC: flag({ about: "serves /metrics without the token", example: "false" }),
};

const accessVariables = {
  ALLOWED_WORKSPACES: list({
    about: "Discord server and Slack workspace ids to serve; all when unset",
    example: "123456789012345678,T0123456789",
  }),
  ALLOW_DMS: flag({
    about: "whether direct messages are served; with ALLOWED_WORKSPACES, only of people who are in one of them",
    example: "true",
  }),
  OPERATORS: list({
    about: "people who may change settings anywhere",
    example: "discord:123456789012345678,slack:U0123456789",
    item: /^[^\s:]+:[^\s:]+$/,
    fix: "must be entries of the form PLATFORM:ID, separated by commas",
  }),
  FOLLOW_THREADS: flag({ about: "answer without a mention in threads the bot takes part in", example: "false" }),
};

const logVariables = {
  LOG_LEVEL: text({
    about:
      "lowest level that is logged: trace, debug, info, warn, error, fatal or silent; " +
      "JSON lines on standard error",
    example: "info",
    fallback: "info",
    pattern: /^(trace|debug|info|warn|error|fatal|silent)$/,
    fix: "must be one of trace, debug, info, warn, error, fatal, silent",
  }),
};

/** All variables of the host itself; providers and platforms declare their own. */
export const hostVariables = {
  ...chatVariables,
  ...quotaVariables,
  ...listVariables,
  ...ruleVariables,
  ...storageVariables,
  ...httpVariables,
  ...accessVariables,
  ...logVariables,
};

/** One part of `.env.example`. */
export interface VariableSection {
  readonly title: string;
  readonly variables: Variables;
}

/** The host's variables in the order of `.env.example`. */
export const hostSections: readonly VariableSection[] = [
  { title: "Chat", variables: chatVariables },
  { title: "Budgets", variables: quotaVariables },
  { title: "Model lists", variables: listVariables },
  { title: "Models that may be used, in every workspace", variables: ruleVariables },
  { title: "Storage", variables: storageVariables },
  { title: "HTTP: status, metrics, console and playground", variables: httpVariables },
  { title: "Access", variables: accessVariables },
  { title: "Log", variables: logVariables },
];
