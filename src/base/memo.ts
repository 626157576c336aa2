/**
 * Returns a memo of one value: it is computed anew only when one of its keys is not the same (`===`) as the last time.
 */
export function createMemo<T>(): (keys: readonly unknown[], compute: () => T) => T {
  let last: { readonly keys: readonly unknown[]; readonly value: T } | undefined;
  return (keys, compute) => {
    const isSame = last?.keys.length === keys.length && last.keys.every((key, index) => key === keys[index]);
    if (last === undefined || !isSame) last = { keys, value: compute() };
    return last.value;
  };
}
