import type { ProviderId } from "../../providers/provider.js";
import type { CatalogEntry } from "../catalog/catalog-types.js";
import type { ListNews } from "./list-history.js";

/** Tells each attempt that a provider's entry shows, once, whoever made it. What is there at first is no news. */
export function createListWatch(tell: (provider: ProviderId, news: ListNews) => void) {
  const seen = new Map<ProviderId, { readonly attemptedAt: number | null; readonly changedAt: number | undefined }>();
  return (provider: ProviderId, { attemptedAt, outcome }: CatalogEntry, changedAt: number | undefined): void => {
    const before = seen.get(provider);
    if (before !== undefined && before.attemptedAt === attemptedAt) return;
    seen.set(provider, { attemptedAt, changedAt });
    if (before === undefined || attemptedAt === null) return;
    const news = before.changedAt === changedAt ? "unchanged" : "changed";
    tell(provider, outcome === "ok" ? news : "failed");
  };
}
