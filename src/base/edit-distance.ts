/**
 * Counts the typing errors between two texts: characters inserted, left out, replaced, or swapped with their neighbour.
 * Anything above `atMost` comes back as `atMost + 1`, found early, so that long lists can be searched while somebody
 * types. Case matters: fold it before.
 */
export function editDistance(a: string, b: string, atMost = Number.MAX_SAFE_INTEGER - 1): number {
  if (Math.abs(a.length - b.length) > atMost) return atMost + 1;
  const far = atMost + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_unused, column) => column);
  let current = new Array<number>(b.length + 1).fill(far);
  let leastBefore = 0;
  for (let row = 1; row <= a.length; row++) {
    // Further from the diagonal than `atMost` it is too far anyway.
    const from = Math.max(1, row - atMost);
    const to = Math.min(b.length, row + atMost);
    current[from - 1] = from === 1 ? row : far;
    let least = current[from - 1] ?? far;
    for (let column = from; column <= to; column++) {
      const replaced = (last[column - 1] ?? far) + (a.charCodeAt(row - 1) === b.charCodeAt(column - 1) ? 0 : 1);
      const above = column < row + atMost ? (last[column] ?? far) : far;
      let value = Math.min(replaced, above + 1, (current[column - 1] ?? far) + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        value = Math.min(value, (beforeLast[column - 2] ?? far) + 1);
      current[column] = value;
      least = Math.min(least, value);
    }
    // A swap reaches back two rows, so one bad row alone does not decide.
    if (Math.min(least, leastBefore) > atMost) return far;
    leastBefore = least;
    [beforeLast, last, current] = [last, current, new Array<number>(b.length + 1).fill(far)];
  }
  return Math.min(last[b.length] ?? far, far);
}

export interface ClosestTerms {
  /** How many are returned at most. Default: 3. */
  readonly most?: number;
  /** Longest text that is compared; a longer one is no typing error. Default: 40 characters. */
  readonly maxChars?: number;
}

/**
 * Returns the candidates that differ from `typed` by a typing error (a quarter of their length at most), closest
 * first.
 */
export function closestTo(
  typed: string,
  candidates: readonly string[],
  { most = 3, maxChars = 40 }: ClosestTerms = {},
): readonly string[] {
  const wanted = typed.toLowerCase();
  if (wanted === "" || wanted.length > maxChars) return [];
  return candidates
    .map((candidate) => {
      const atMost = Math.max(1, Math.floor(candidate.length / 4));
      return { candidate, atMost, distance: editDistance(wanted, candidate.toLowerCase(), atMost) };
    })
    .filter(({ distance, atMost }) => distance <= atMost)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}
