import type { Store } from "../../src/store/store.js";

/** A store whose line to this one process can be cut: from then on every call fails, as for a process that is no more. */
export function cutStore<S extends Store>(store: S): { isCut: boolean; readonly store: S } {
  const guard = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => (line.isCut ? () => Promise.reject(new Error("cut off")) : Reflect.get(target, name)),
    });
  const line = { isCut: false, store: guard({ ...store, values: (table) => guard(store.values(table)) } as S) };
  return line;
}
