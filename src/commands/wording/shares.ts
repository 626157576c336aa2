/** Deals `total` out in turns, to nobody more than wanted; what one does not need goes to the others. */
export function shares(wanted: readonly number[], total: number): readonly number[] {
  const given = wanted.map(() => 0);
  let left = Math.min(
    total,
    wanted.reduce((sum, want) => sum + want, 0),
  );
  while (left > 0) {
    for (const [index, want] of wanted.entries()) {
      const has = given[index] ?? 0;
      if (left === 0 || has >= want) continue;
      given[index] = has + 1;
      left--;
    }
  }
  return given;
}
