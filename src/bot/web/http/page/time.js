import { LANGUAGE, t } from "./translate.js";

const MINUTE_MS = 60_000;

/**
 * How long ago, in words.
 * @param {number} at epoch ms
 * @param {number} now epoch ms
 */
export function agoWords(at, now) {
  const minutes = Math.round((now - at) / MINUTE_MS);
  if (minutes < 1) return t`just now`;
  if (minutes < 60) return t`${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 24) return t`${hours} h ago`;
  const days = Math.round(hours / 24);
  return days === 1 ? t`1 day ago` : t`${days} days ago`;
}

/** @param {number} at epoch ms @param {number} now epoch ms */
function inWords(at, now) {
  const minutes = Math.round((at - now) / MINUTE_MS);
  if (minutes < 1) return t`in a moment`;
  if (minutes < 60) return t`in ${minutes} min`;
  const hours = Math.round(minutes / 60);
  if (hours < 24) return t`in ${hours} h`;
  const days = Math.round(hours / 24);
  return days === 1 ? t`in 1 day` : t`in ${days} days`;
}

/**
 * What is left until then, to the second: "in 4:05", "in 1:02:09".
 * @param {number} at epoch ms
 * @param {number} now epoch ms
 */
export function countdown(at, now) {
  const seconds = Math.max(0, Math.round((at - now) / 1000));
  if (seconds === 0) return t`now`;
  const hours = Math.floor(seconds / 3600);
  const shown = [...(hours === 0 ? [] : [hours]), Math.floor(seconds / 60) % 60, seconds % 60];
  return t`in ${shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":")}`;
}

/**
 * Shows the time marks of a text as words, true for now.
 * @param {string} text
 */
export const withTimes = (text) =>
  text.replaceAll(/<t:(\d{1,12}):R>/g, (_mark, seconds) => {
    const [at, now] = [Number(seconds) * 1000, Date.now()];
    if (at <= now) return agoWords(at, now);
    return inWords(at, now);
  });

/** @param {number} at epoch ms */
export const clockWords = (at) => new Date(at).toLocaleTimeString(LANGUAGE, { hour: "2-digit", minute: "2-digit" });
