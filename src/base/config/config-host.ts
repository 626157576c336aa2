import type { CalendarPeriod } from "../time.js";
import { HOST_BUDGET, type hostVariables, PROVIDER_BUDGET } from "./host-variables.js";
import { isLoopbackHost, isPrivateAddress, type ValuesOf } from "./variables.js";

/** Host settings, shaped by who needs them. Durations are in ms. */
export interface HostConfig {
  readonly access: {
    readonly followThreads: boolean;
    readonly allowedWorkspaces: readonly string[];
    readonly allowDms: boolean;
    /** People as "discord:123". */
    readonly operators: readonly string[];
  };
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
    /** Most tokens of one answer; undefined where the host has set nothing. */
    readonly maxOutputTokens?: number;
    readonly retentionDays: number;
    readonly auditDays: number;
    readonly timeoutMs: number;
    readonly catchUpMs: number;
  };
  readonly limits: {
    readonly userPer10Min: number;
    readonly channelPer10Min: number;
    readonly providerConcurrency: number;
  };
  /** The operator's own ceilings on providers' accounts. */
  readonly providerBudgets: readonly ProviderBudget[];
  /** The operator's own ceilings on people, channels and workspaces. */
  readonly budgets: readonly SpendingCeiling[];
  readonly refresh: {
    readonly isEnabled: boolean;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly maxAgeMs: number;
  };
  /** Which models any workspace may use; `maxPrice`: USD per million output tokens. */
  readonly models: {
    readonly allow: readonly string[];
    readonly deny: readonly string[];
    readonly maxPrice?: number;
  };
  readonly storeUrl: string;
  readonly acceptsOlderStore: boolean;
  readonly logLevel: string;
}

/** What a person, a channel or a workspace may use in a calendar period. */
export interface SpendingCeiling {
  readonly scope: "person" | "channel" | "workspace";
  /** Above 0. */
  readonly amount: number;
  readonly unit: "usd" | "tokens" | "questions";
  readonly per: CalendarPeriod;
}

/** What the bot may use of a provider's account in a calendar period. */
export interface ProviderBudget {
  readonly provider: string;
  /** Above 0. */
  readonly amount: number;
  readonly unit: "usd" | "requests" | "tokens";
  readonly period: CalendarPeriod;
}

interface ShapeContext {
  readonly storeSchemes: readonly string[];
  /** Ids of all platforms, whether configured or not. */
  readonly platforms: readonly string[];
  /** Ids of all providers, whether configured or not. */
  readonly providers: readonly string[];
  fault(variable: string, fix: string): void;
  /** Says what should be changed, and stops no start. */
  warn(variable: string, fix: string): void;
}

type HostValues = ValuesOf<typeof hostVariables>;

/** Checks the rules that span several variables, and returns the shape that the parts take them in. */
export function shapeHost(values: HostValues, context: ShapeContext): HostConfig {
  judge(values, context);
  const [provider = "", ...model] = values.DEFAULT_MODEL?.split("/") ?? [];
  return {
    access: {
      followThreads: values.FOLLOW_THREADS ?? false,
      allowedWorkspaces: values.ALLOWED_WORKSPACES,
      allowDms: values.ALLOW_DMS ?? true,
      operators: values.OPERATORS,
    },
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
      ...(values.MAX_OUTPUT_TOKENS > 0 && { maxOutputTokens: values.MAX_OUTPUT_TOKENS }),
      retentionDays: values.RETENTION_DAYS,
      auditDays: values.AUDIT_DAYS,
      timeoutMs: values.CHAT_TIMEOUT_SECONDS * 1000,
      catchUpMs: values.CATCH_UP_MINUTES * 60_000,
    },
    limits: {
      userPer10Min: values.USER_MESSAGES_PER_10_MIN,
      channelPer10Min: values.CHANNEL_MESSAGES_PER_10_MIN,
      providerConcurrency: values.PROVIDER_CONCURRENCY,
    },
    providerBudgets: values.PROVIDER_BUDGETS.flatMap((entry) => providerBudget(entry, context) ?? []),
    budgets: values.BUDGETS.flatMap((entry) => spendingCeiling(entry, context) ?? []),
    refresh: {
      isEnabled: values.AUTO_REFRESH ?? true,
      intervalMs: values.REFRESH_INTERVAL_SECONDS * 1000,
      timeoutMs: values.REFRESH_TIMEOUT_SECONDS * 1000,
      maxAgeMs: values.CACHE_MAX_AGE_SECONDS * 1000,
    },
    models: {
      allow: values.MODELS_ALLOW,
      deny: values.MODELS_DENY,
      ...(values.MODELS_MAX_PRICE !== undefined && { maxPrice: values.MODELS_MAX_PRICE }),
    },
    storeUrl: values.STORE_URL,
    acceptsOlderStore: values.ACCEPT_OLDER_STORE ?? false,
    logLevel: values.LOG_LEVEL,
  };
}

function providerBudget(entry: string, { providers, fault }: ShapeContext): ProviderBudget | undefined {
  const [, provider = "", amount = "", unit, period] = PROVIDER_BUDGET.exec(entry.toLowerCase()) ?? [];
  if (!providers.includes(provider)) {
    return void fault(
      "PROVIDER_BUDGETS",
      `names "${provider}", which is not a provider; use one of ${providers.join(", ")}`,
    );
  }
  if (Number(amount) === 0) return void fault("PROVIDER_BUDGETS", `must give ${provider} more than 0`);
  // The pattern takes no other unit and period.
  return { provider, amount: Number(amount), unit, period } as ProviderBudget;
}

function spendingCeiling(entry: string, { fault }: ShapeContext): SpendingCeiling | undefined {
  const [, scope, amount = "", unit, per] = HOST_BUDGET.exec(entry.toLowerCase()) ?? [];
  if (Number(amount) === 0) return void fault("BUDGETS", `must give each ${scope} more than 0`);
  // The pattern takes nothing else.
  return { scope, amount: Number(amount), unit, per } as SpendingCeiling;
}

/** The shortest token: a random value of this length cannot be guessed. */
const MIN_TOKEN_CHARS = 16;

function judge(values: HostValues, { storeSchemes, platforms, fault, warn }: ShapeContext): void {
  if (!values.OPERATORS.every((entry) => platforms.includes(entry.split(":")[0] ?? ""))) {
    fault("OPERATORS", `must be entries of the form PLATFORM:ID; the platforms are ${platforms.join(", ")}`);
  }
  if (!isLoopbackHost(values.HTTP_HOST) && values.HTTP_TOKEN === undefined) {
    fault(
      "HTTP_TOKEN",
      "is required because HTTP_HOST is not a loopback address; set a long random value, or HTTP_HOST=127.0.0.1",
    );
  }
  if (values.HTTP_TOKEN !== undefined && isWeak(values.HTTP_TOKEN)) {
    const say = isLoopbackHost(values.HTTP_HOST) ? warn : fault;
    say("HTTP_TOKEN", `must be at least ${MIN_TOKEN_CHARS} characters, not all alike; set a long random value`);
  }
  const scheme = /^([a-z]+):\/\/./.exec(values.STORE_URL)?.[1];
  if (scheme === undefined || !storeSchemes.includes(scheme)) {
    fault(
      "STORE_URL",
      `must begin with ${storeSchemes.map((known) => `${known}://`).join(", ")}, ` +
        "for example sqlite://data/evergreen.sqlite",
    );
  }
  if (isPlainPassword(values.STORE_URL)) {
    fault(
      "STORE_URL",
      "sends its password unencrypted to a public address; use rediss://, or add ?sslmode=verify-full",
    );
  }
}

const isWeak = (token: string) => token.length < MIN_TOKEN_CHARS || new Set(token).size === 1;

/** True for a password that would travel over plain TCP through the internet. */
function isPlainPassword(storeUrl: string): boolean {
  if (!/^(redis|postgres|postgresql):/.test(storeUrl) || !URL.canParse(storeUrl)) return false;
  const { password, searchParams } = new URL(storeUrl);
  if (password === "" && !searchParams.has("password")) return false;
  const mode = searchParams.get("sslmode") ?? (searchParams.get("ssl") === "true" ? "require" : "disable");
  return !isPrivateAddress(storeUrl) && ["disable", "allow", "prefer"].includes(mode);
}
