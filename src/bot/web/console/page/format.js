import { LANGUAGE, t } from "/assets/shared/translate.js";

const compact = new Intl.NumberFormat(LANGUAGE, { notation: "compact", maximumFractionDigits: 1 });
/** @param {number} digits */
const inDollars = (digits) =>
  new Intl.NumberFormat(LANGUAGE, { style: "currency", currency: "USD", maximumFractionDigits: digits });
const dollars = inDollars(2);
const parts = inDollars(4);

/** @param {number} value */
export const compactNumber = (value) => compact.format(value);
/**
 * US dollars: with cents, and below a dollar with the digits that small prices need.
 * @param {number} value
 */
export const money = (value) => (value < 1 ? parts : dollars).format(value);

/**
 * Unknown is not 0: a price of 0 is free.
 * @param {number | null} price
 */
export function priceWords(price) {
  if (price === null) return "–";
  return price === 0 ? t`free` : money(price);
}

/**
 * "3 d 4 h", "5 min", "12 s".
 * @param {number} ms
 */
export function durationWords(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t`${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t`${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? t`${hours} h ${minutes % 60} min` : t`${Math.floor(hours / 24)} d ${hours % 24} h`;
}
