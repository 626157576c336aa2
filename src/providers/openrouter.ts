import { openRouterCredits, openRouterKey, openRouterKeyAnswer } from "./http/quota-endpoints.js";
import { OPENROUTER_HEADERS } from "./http/quota-tables.js";
import { preset } from "./preset.js";

export const openrouter = preset({
  id: "openrouter",
  name: "OpenRouter",
  baseUrl: "https://openrouter.ai/api/v1",
  account: (baseUrl) => ({ url: `${baseUrl}/key`, read: readKey }),
  quotaHeaders: OPENROUTER_HEADERS,
  quotaEndpoints: [openRouterKey, openRouterCredits],
  preferredFamilies: ["anthropic/claude-sonnet", "openai/gpt-5", "google/gemini-", "deepseek/"],
});

/** "$4.20 of $10 left (renews monthly), 38 of 50 free requests left today". Amounts are USD. */
function readKey(body: unknown) {
  const parsed = openRouterKeyAnswer.safeParse(body);
  if (!parsed.success) return undefined;
  const {
    limit,
    limit_remaining: left,
    limit_reset: renewal,
    usage,
    free_model_daily_requests: free,
  } = parsed.data.data;
  const isLimited = typeof limit === "number" && typeof left === "number";
  const texts = [
    isLimited &&
      `$${Math.max(left, 0).toFixed(2)} of $${limit.toFixed(2)} left${renewal ? ` (renews ${renewal})` : ""}`,
    !isLimited && `no limit on the key${typeof usage === "number" ? `, $${usage.toFixed(2)} used` : ""}`,
    typeof free?.remaining === "number" && `${free.remaining} of ${free.limit ?? "its"} free requests left today`,
  ];
  return { text: texts.filter((text) => text !== false).join(", "), isUsedUp: isLimited && left <= 0 };
}
