/**
 * A Map that keeps at most `max` entries: the one that was set longest ago makes room. Reading does not renew an
 * entry.
 */
export class BoundedMap<K, V> extends Map<K, V> {
  readonly #max: number;
  readonly #onEvict: ((key: K, value: V) => void) | undefined;

  /** @param max most entries, 1 or more @param onEvict called with each entry that made room */
  constructor(max: number, onEvict?: (key: K, value: V) => void) {
    super();
    this.#max = max;
    this.#onEvict = onEvict;
  }

  override set(key: K, value: V): this {
    this.delete(key);
    super.set(key, value);
    if (this.size > this.#max) {
      const oldest = this.entries().next().value;
      if (oldest !== undefined) {
        this.delete(oldest[0]);
        this.#onEvict?.(oldest[0], oldest[1]);
      }
    }
    return this;
  }
}

/** A Set that keeps at most `max` values: the one that was added longest ago makes room. */
export class BoundedSet<T> extends Set<T> {
  readonly #max: number;

  constructor(max: number) {
    super();
    this.#max = max;
  }

  override add(value: T): this {
    this.delete(value);
    super.add(value);
    if (this.size > this.#max) {
      const oldest = this.values().next();
      if (!oldest.done) this.delete(oldest.value);
    }
    return this;
  }
}
