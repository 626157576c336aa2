import { deepseekBalance, deepseekBalanceAnswer } from "./http/quota-endpoints.js";
import { preset } from "./preset.js";

export const deepseek = preset({
  id: "deepseek",
  name: "DeepSeek",
  baseUrl: "https://api.deepseek.com/v1",
  modelsDevId: "deepseek",
  account: (baseUrl) => ({ url: deepseekBalance(baseUrl).url, read: readBalance }),
  quotaEndpoints: [deepseekBalance],
  preferredFamilies: ["deepseek-v4-flash", "deepseek-chat", "deepseek-v"],
});

/** "12.34 CNY left". Amounts come as text. */
function readBalance(body: unknown) {
  const parsed = deepseekBalanceAnswer.safeParse(body);
  if (!parsed.success) return undefined;
  const { is_available: isAvailable, balance_infos: balances } = parsed.data;
  const texts = balances.map(({ currency, total_balance: amount }) => `${amount} ${currency} left`);
  return { text: texts.join(", ") || "nothing left", isUsedUp: !isAvailable };
}
