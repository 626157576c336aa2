import type { Entry, KeyValue } from "./store.js";

/**
 * Reads the rows whose key begins with `prefix` page by page, the last page first; a page is sorted by key and has at
 * most `limit` rows. `last`: only what sorts before it. @throws {StoreError}
 */
export async function* pagesOf(
  table: Pick<KeyValue, "page">,
  prefix: string,
  limit: number,
  last?: string,
): AsyncGenerator<readonly Entry[]> {
  let before = last;
  do {
    const page = await table.page(prefix, { before, limit });
    yield page.entries;
    before = page.before;
  } while (before !== undefined);
}
