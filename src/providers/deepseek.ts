import { z } from "zod";
import { preset } from "./preset.js";

export const deepseek = preset({
  id: "deepseek",
  name: "DeepSeek",
  baseUrl: "https://api.deepseek.com/v1",
  modelsDevId: "deepseek",
  account: (baseUrl) => ({ url: `${baseUrl.replace(/\/(v1|beta)$/, "")}/user/balance`, read: readBalance }),
  preferredFamilies: ["deepseek-v4-flash", "deepseek-chat", "deepseek-v"],
});

const balanceAnswer = z.object({
  is_available: z.boolean(),
  balance_infos: z.array(z.object({ currency: z.string(), total_balance: z.string() })),
});

/** "12.34 CNY left". Amounts come as text. */
function readBalance(body: unknown) {
  const parsed = balanceAnswer.safeParse(body);
  if (!parsed.success) return undefined;
  const { is_available: isAvailable, balance_infos: balances } = parsed.data;
  const texts = balances.map(({ currency, total_balance: amount }) => `${amount} ${currency} left`);
  return { text: texts.join(", ") || "nothing left", isUsedUp: !isAvailable };
}
