import { z } from "zod";
import type { ProviderId } from "../../providers/provider.js";
import type { Write } from "../../store/store.js";
import { type ModelChange, modelChange } from "./change-log.js";

/**
 * What changed in a list waits for the watches in rows of the table "watches" that are written in one step with the
 * list: whoever takes such a row away tells of it, so that nothing is told twice and a kill loses nothing.
 */
export const NEWS_PREFIX = "pending:news:";

const newsRow = z.array(modelChange);

/** Stores the changes of one commit; keys of one provider sort by their time. */
export const newsWrite = (provider: ProviderId, fence: number, news: readonly ModelChange[]): Write => ({
  table: "watches",
  key: `${NEWS_PREFIX}${provider}:${String(fence).padStart(15, "0")}`,
  value: news,
});

/** Reads a stored row; none where it is damaged. */
export const readNews = (value: unknown): readonly ModelChange[] => newsRow.safeParse(value).data ?? [];
