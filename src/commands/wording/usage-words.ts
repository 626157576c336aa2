import { tokensOf, type UsageSum } from "../../usage/summarize.js";

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** "950", "12.3K", "≈4M": estimates are marked. */
export const countText = (tokens: number, isEstimated: boolean): string =>
  `${isEstimated && tokens > 0 ? "≈" : ""}${compact.format(tokens)}`;

/** Both ways together, as "12.3K". */
export const tokensText = (sum: UsageSum): string => countText(tokensOf(sum), sum.isEstimated);

/**
 * "$0.0421", "≈$0.04" from estimated tokens, "≥$0.04" where some prices are unknown, "unknown" where nothing is known
 * of the cost, "$0" where all of it was free.
 */
export function costText(sum: UsageSum): string {
  const { costUsd, hasUnknownCost, isEstimated } = sum;
  if (costUsd === null || (costUsd === 0 && hasUnknownCost)) return "unknown";
  return `${hasUnknownCost ? "≥" : ""}${isEstimated && costUsd > 0 ? "≈" : ""}${dollars(costUsd)}`;
}

/** "$0.04", "at least $0.04", "cost unknown": inside a sentence. */
export function costWords(sum: UsageSum): string {
  const text = costText(sum);
  return text === "unknown" ? "cost unknown" : text.replace("≥", "at least ");
}

function dollars(usd: number): string {
  if (usd === 0) return "$0";
  if (usd < 0.0001) return "<$0.0001";
  const digits = usd < 1 ? 4 : 2;
  return `$${usd.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: digits })}`;
}
