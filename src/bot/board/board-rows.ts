import { z } from "zod";
import { createRowReader } from "../../store/damage-report.js";
import type { Store, Write } from "../../store/store.js";
import { messageKeySchema } from "../port/conversation.js";
import type { MessageKey } from "../port/platform.js";

/** A status message, as it was last shown. */
export interface BoardRow {
  readonly message: MessageKey;
  readonly text: string;
  /** What it judged, and when that last changed. */
  readonly judgement: string;
  readonly since: number;
  /** When it was last shown, epoch ms; unset in a row of a version that did not say. */
  readonly asOf?: number;
  /** The last refresh that it names, epoch ms; null where there was none. */
  readonly refreshedAt?: number | null;
}

const rowSchema: z.ZodType<BoardRow> = z.object({
  message: messageKeySchema,
  text: z.string(),
  judgement: z.string(),
  since: z.number(),
  asOf: z.number().exactOptional(),
  refreshedAt: z.number().nullable().exactOptional(),
});

/** The boards in the store, by the conversation that they stand in. */
export interface BoardRows {
  /** Loads all rows that are not damaged. @throws {StoreError} */
  load(): Promise<readonly (readonly [conversation: string, row: BoardRow])[]>;
  /** Undefined where there is none, or it is damaged. @throws {StoreError} */
  get(conversation: string): Promise<BoardRow | undefined>;
  /** Writes `also` in the same step. @throws {StoreError} */
  save(conversation: string, row: BoardRow, also?: readonly Write[]): Promise<void>;
  /** @throws {StoreError} */
  forget(conversation: string): Promise<void>;
}

export function createBoardRows(store: Store): BoardRows {
  const table = store.values("boards");
  const readRow = createRowReader(table, rowSchema);
  return {
    async load() {
      return (await table.entries()).flatMap(([conversation, value]) => {
        const row = readRow(conversation, value);
        return row === undefined ? [] : [[conversation, row] as const];
      });
    },
    get: async (conversation) => readRow(conversation, await table.get(conversation)),
    save: (conversation, row, also = []) => store.write([{ table: "boards", key: conversation, value: row }, ...also]),
    forget: (conversation) => table.delete(conversation),
  };
}
