import { z } from "zod";
import type { Store } from "../../store/store.js";
import { channelKeyOf, conversationOf } from "../port/conversation.js";
import type { ChannelKey } from "../port/platform.js";

/** Reading them takes minutes where a service allows 50 reads a minute; live questions come first meanwhile. */
const MAX_KNOWN = 100;

const touched = z.object({ updatedAt: z.number() });
const asked = z.object({ conversation: z.string(), at: z.number() });

/**
 * Returns the places of a platform that the bot was asked in, and the channels of its threads: the 100 where it was
 * asked last, newest first. @throws {StoreError}
 */
export async function knownPlaces(store: Pick<Store, "values">, platform: string): Promise<readonly ChannelKey[]> {
  const [rows, open] = await Promise.all([
    store.values("sessions").entries(`${platform}:`),
    store.values("open").entries(`${platform}:`),
  ]);
  const askedAt = new Map(rows.map(([key, row]) => [key, touched.safeParse(row).data?.updatedAt ?? 0]));
  for (const [, row] of open) {
    // A place where it was asked for the first time has no session before its answer is there.
    const { data: question } = asked.safeParse(row);
    if (question !== undefined)
      askedAt.set(question.conversation, Math.max(question.at, askedAt.get(question.conversation) ?? 0));
  }
  const newest = [...askedAt].sort(([, a], [, b]) => b - a).slice(0, MAX_KNOWN);
  const places = new Map<string, ChannelKey>();
  for (const [key] of newest) {
    const { thread, ...channel } = channelKeyOf(key);
    for (const place of thread === undefined ? [channel] : [{ ...channel, thread }, channel])
      if (places.size < MAX_KNOWN) places.set(conversationOf(place), place);
  }
  return [...places.values()];
}

const ROW = "catch-up:first-start";
const firstStartRow = z.object({ at: z.number() });

/**
 * Returns when the store was first started with, epoch ms, and whether that is now. What was written earlier is not the
 * bot's to answer. @throws {StoreError}
 */
export async function firstStart(
  store: Pick<Store, "values" | "swap">,
  now: number,
): Promise<{ readonly firstStartAt: number; readonly isFirstStart: boolean }> {
  const rows = store.values("usage");
  for (;;) {
    const before = await rows.get(ROW);
    const known = firstStartRow.safeParse(before).data;
    if (known !== undefined) return { firstStartAt: known.at, isFirstStart: false };
    if (await store.swap({ table: "usage", key: ROW, before, after: { at: now } }, []))
      return { firstStartAt: now, isFirstStart: true };
  }
}
