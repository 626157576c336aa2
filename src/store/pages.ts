import type { Entry, KeyValue } from "./store.js";

/**
 * Reads the rows whose key begins with `prefix` page by page, the last page first; a page is sorted by key and has at
 * most `limit` rows. @throws {StoreError}
 */
export async function* pagesOf(
  table: Pick<KeyValue, "page">,
  prefix: string,
  limit: number,
): AsyncGenerator<readonly Entry[]> {
  let before: string | undefined;
  do {
    const page = await table.page(prefix, { before, limit });
    yield page.entries;
    before = page.before;
  } while (before !== undefined);
}
