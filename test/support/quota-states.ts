import type { QuotaState } from "../../src/quota/quota.js";
import { type QuotaWindow, windowKey } from "../../src/quota/windows/window.js";

/** A Monday, where the fake clock begins. */
const NOW = Date.UTC(2026, 0, 5, 12);

/** A forecast for the day after tomorrow. */
export const SURE = {
  probability: 0.7,
  earliestAt: Date.UTC(2026, 0, 8, 14),
  medianAt: Date.UTC(2026, 0, 8, 20),
  latestAt: Date.UTC(2026, 0, 9, 9),
} as const;

/** A quota of 1,000 requests a day, of which 130 are used, but for what a test is about. */
export function quotaState({
  window: given = {},
  ...state
}: Partial<Omit<QuotaState, "window">> & {
  readonly window?: { readonly [K in keyof QuotaWindow]?: QuotaWindow[K] | undefined };
}): QuotaState {
  const window = {
    ...{ provider: "groq", name: "requests", scope: "model", model: "m1", unit: "requests", period: "day" },
    ...{ limit: 1_000, used: 130, remaining: 870, resetAt: Date.UTC(2026, 0, 11), source: "header", observedAt: NOW },
    ...given,
  } as QuotaWindow;
  return {
    key: windowKey(window),
    window,
    isOut: false,
    renewsAt: window.resetAt,
    forecast: undefined,
    riskSince: undefined,
    ...state,
  };
}
