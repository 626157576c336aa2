import type { hostVariables } from "./host-variables.js";
import { isLoopbackHost, isPrivateAddress, type ValuesOf } from "./variables.js";

/** Host settings, shaped by who needs them. Durations are in ms. */
export interface HostConfig {
  readonly discord?: { readonly token: string; readonly apiUrl: string | undefined };
  readonly slack?: {
    readonly botToken: string;
    readonly appToken: string | undefined;
    readonly signingSecret: string | undefined;
    readonly port: number;
    readonly apiUrl: string | undefined;
    readonly commandPrefix: string;
  };
  readonly access: {
    readonly followThreads: boolean;
    readonly allowedWorkspaces: readonly string[];
    readonly allowDms: boolean;
    /** As "discord:123". */
    readonly operators: readonly string[];
  };
  readonly playground: boolean;
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly token: string | undefined;
    readonly allowedHosts: readonly string[];
    readonly metricsPublic: boolean;
  };
  readonly chat: {
    readonly defaultModel: { readonly provider: string; readonly model: string } | undefined;
    readonly systemPrompt: string;
    readonly historyTokens: number;
    readonly historyMessages: number;
    readonly retentionDays: number;
    readonly timeoutMs: number;
  };
  readonly limits: {
    readonly userPer10Min: number;
    readonly channelPer10Min: number;
    readonly providerConcurrency: number;
  };
  readonly refresh: {
    readonly isEnabled: boolean;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly maxAgeMs: number;
  };
  readonly storeUrl: string;
  readonly logLevel: string;
}

interface ShapeContext {
  readonly storeSchemes: readonly string[];
  fault(variable: string, mend: string): void;
}

/** The rules that span several variables, and the shape that the parts take them in. */
export function shapeHost(values: ValuesOf<typeof hostVariables>, context: ShapeContext): HostConfig {
  judge(values, context);
  const { DISCORD_TOKEN: discordToken, SLACK_BOT_TOKEN: botToken } = values;
  const [provider = "", ...model] = values.DEFAULT_MODEL?.split("/") ?? [];
  return {
    ...(discordToken && { discord: { token: discordToken, apiUrl: values.DISCORD_API_URL } }),
    ...(botToken && {
      slack: {
        botToken,
        appToken: values.SLACK_APP_TOKEN,
        signingSecret: values.SLACK_SIGNING_SECRET,
        port: values.SLACK_PORT,
        apiUrl: values.SLACK_API_URL,
        commandPrefix: values.SLACK_COMMAND_PREFIX,
      },
    }),
    access: {
      followThreads: values.FOLLOW_THREADS ?? false,
      allowedWorkspaces: values.ALLOWED_WORKSPACES,
      allowDms: values.ALLOW_DMS ?? true,
      operators: values.OPERATORS,
    },
    playground: values.PLAYGROUND ?? (discordToken === undefined && botToken === undefined),
    http: {
      host: values.HTTP_HOST,
      port: values.HTTP_PORT,
      token: values.HTTP_TOKEN,
      allowedHosts: values.HTTP_ALLOWED_HOSTS,
      metricsPublic: values.METRICS_PUBLIC ?? false,
    },
    chat: {
      defaultModel: values.DEFAULT_MODEL === undefined ? undefined : { provider, model: model.join("/") },
      systemPrompt: values.SYSTEM_PROMPT,
      historyTokens: values.HISTORY_TOKENS,
      historyMessages: values.HISTORY_MESSAGES,
      retentionDays: values.RETENTION_DAYS,
      timeoutMs: values.CHAT_TIMEOUT_SECONDS * 1000,
    },
    limits: {
      userPer10Min: values.USER_MESSAGES_PER_10_MIN,
      channelPer10Min: values.CHANNEL_MESSAGES_PER_10_MIN,
      providerConcurrency: values.PROVIDER_CONCURRENCY,
    },
    refresh: {
      isEnabled: values.AUTO_REFRESH ?? true,
      intervalMs: values.REFRESH_INTERVAL_SECONDS * 1000,
      timeoutMs: values.REFRESH_TIMEOUT_SECONDS * 1000,
      maxAgeMs: values.CACHE_MAX_AGE_SECONDS * 1000,
    },
    storeUrl: values.STORE_URL,
    logLevel: values.LOG_LEVEL,
  };
}

function judge(values: ValuesOf<typeof hostVariables>, { storeSchemes, fault }: ShapeContext): void {
  if (
    values.SLACK_BOT_TOKEN !== undefined &&
    values.SLACK_APP_TOKEN === undefined &&
    values.SLACK_SIGNING_SECRET === undefined
  ) {
    fault("SLACK_BOT_TOKEN", "needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP mode) beside it");
  }
  for (const name of ["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"] as const) {
    if (values[name] !== undefined && values.SLACK_BOT_TOKEN === undefined)
      fault(name, "needs SLACK_BOT_TOKEN beside it");
  }
  const addresses = [
    ["DISCORD_API_URL", values.DISCORD_API_URL, values.DISCORD_TOKEN],
    ["SLACK_API_URL", values.SLACK_API_URL, values.SLACK_BOT_TOKEN],
  ] as const;
  for (const [name, url, token] of addresses) {
    if (url?.startsWith("http:") && token !== undefined && !isPrivateAddress(url)) {
      fault(name, "sends the token over plain http to a public address; use https://");
    }
  }
  if (!isLoopbackHost(values.HTTP_HOST) && values.HTTP_TOKEN === undefined) {
    fault(
      "HTTP_TOKEN",
      "is required because HTTP_HOST is not a loopback address; set a long random value, or HTTP_HOST=127.0.0.1",
    );
  }
  const scheme = /^([a-z]+):\/\/./.exec(values.STORE_URL)?.[1];
  if (scheme === undefined || !storeSchemes.includes(scheme)) {
    fault(
      "STORE_URL",
      `must begin with ${storeSchemes.map((known) => `${known}://`).join(", ")}, as sqlite://data/evergreen.sqlite`,
    );
  }
}
