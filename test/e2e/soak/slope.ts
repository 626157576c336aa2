const HOUR_MS = 3_600_000;

/** The line of least squares through samples of `[epoch ms, value]`: its rise an hour and that rise's standard error. */
export function slopePerHour(samples: readonly (readonly [atMs: number, value: number])[]) {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const hours = samples.map(([atMs]) => atMs / HOUR_MS);
  const middle = mean(hours);
  const height = mean(samples.map(([, value]) => value));
  const spread = hours.reduce((sum, at) => sum + (at - middle) ** 2, 0);
  const perHour =
    samples.reduce((sum, [, value], at) => sum + ((hours[at] ?? 0) - middle) * (value - height), 0) / spread;
  const residuals = samples.map(([, value], at) => value - height - perHour * ((hours[at] ?? 0) - middle));
  const variance = residuals.reduce((sum, residual) => sum + residual ** 2, 0) / (samples.length - 2);
  return { perHour, error: Math.sqrt(variance / spread) };
}
