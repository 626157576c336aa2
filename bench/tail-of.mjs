const P99_SAMPLES = 1_000;

/**
 * The slow end of some samples by an honest name: `NAMEP99` from 1,000 of them on, else `NAMEMax`.
 * @param {string} name
 * @param {readonly number[]} values
 * @param {(value: number) => number} rounded
 */
export function tailOf(name, values, rounded) {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length < P99_SAMPLES) return { [`${name}Max`]: rounded(sorted.at(-1) ?? Number.NaN) };
  return { [`${name}P99`]: rounded(sorted[Math.floor(sorted.length * 0.99)]) };
}
