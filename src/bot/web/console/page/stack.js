/**
 * Columns for bars that stand on each other: each is the sum of itself and those below it, the tallest first, so that
 * the shorter ones are drawn over it. What a bar itself is worth is read by `own`.
 */
export function stacked(columns) {
  const sums = [];
  columns.forEach((column, index) => {
    sums.push(column.map((value, at) => (value ?? 0) + (sums[index - 1]?.[at] ?? 0)));
  });
  return { sums: sums.reverse(), own: [...columns].reverse() };
}
