import { createHash } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { phrase } from "../../languages/translate.js";
import { createRowReader } from "../../store/damage-report.js";
import type { Store } from "../../store/store.js";

export interface ControlIdsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Names what a button or a menu entry does by something short enough for every platform; what nobody was shown for 30
 * days is forgotten at the first use.
 */
export interface ControlIds {
  /**
   * At most 40 of `[a-z0-9:_-]`, the same for the same command at any time. @throws {StoreError} when it could not be
   * kept
   */
  idFor(command: string): Promise<string>;
  /**
   * The command that a pressed control stands for; undefined where no such one was made, or long ago. @throws
   * {StoreError}
   */
  commandOf(id: string): Promise<string | undefined>;
}

/** What a person reads who presses a control that is not known any more. */
export const STALE_CONTROL_TEXT = phrase`This control is no longer valid. Run the command again to get a new one.`;

const PREFIX = "cmd:";
/** 128 bits: nobody finds a second command with the id of another, and nobody guesses one. */
const HASH_CHARS = 32;
const DAY_MS = 86_400_000;
const KEPT_MS = 30 * DAY_MS;
const PRUNED_AT_ONCE = 500;
/** Ids in memory; a row that is shown again is written again only now and then. */
const MOST_KNOWN = 2_000;

const rowSchema = z.object({ command: z.string(), usedAt: z.number() });

export function createControlIds({ store, clock, log }: ControlIdsDeps): ControlIds {
  const rows = store.values("controls");
  const readRow = createRowReader(rows, rowSchema);
  /** When the row of each id was last written by this process. */
  const writtenAt = new Map<string, number>();
  let hasPruned = false;

  const prune = async () => {
    const oldest = clock.now() - KEPT_MS;
    const stale = (await rows.entries()).filter(([id, row]) => (readRow(id, row)?.usedAt ?? oldest) < oldest);
    for (let at = 0; at < stale.length; at += PRUNED_AT_ONCE) {
      const some = stale.slice(at, at + PRUNED_AT_ONCE);
      await store.write(some.map(([key]) => ({ table: "controls", key, value: undefined })));
    }
    if (stale.length > 0) log.debug({ count: stale.length }, "old controls were deleted");
  };
  return {
    async idFor(command) {
      if (!hasPruned) {
        hasPruned = true;
        prune().catch((error) => log.warn({ error }, "old controls were not deleted, the next start tries again"));
      }
      const id = `${PREFIX}${createHash("sha256").update(command).digest("hex").slice(0, HASH_CHARS)}`;
      const now = clock.now();
      if ((writtenAt.get(id) ?? Number.NEGATIVE_INFINITY) + DAY_MS > now) return id;
      await rows.set(id, { command, usedAt: now });
      if (writtenAt.size >= MOST_KNOWN) writtenAt.clear(); // costs some writes, and bounds the memory
      writtenAt.set(id, now);
      return id;
    },
    async commandOf(id) {
      if (!isOurs(id)) return undefined;
      const [row] = await rows.getMany([id]);
      return readRow(id, row)?.command;
    },
  };
}

const isOurs = (id: string) => new RegExp(`^${PREFIX}[0-9a-f]{${HASH_CHARS}}$`).test(id);
