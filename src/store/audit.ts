import { randomUUID } from "node:crypto";
import { z } from "zod";
import { nextTurn } from "../base/clock.js";
import { cutText } from "../base/text.js";
import { createRowReader } from "./damage-report.js";
import { pagesOf, type Store, type Write } from "./store.js";

/** What changes are about; `data`: what was exported, erased or forgotten. */
export const AUDIT_KINDS = ["settings", "budget", "rules", "model", "prompt", "watch", "board", "data"] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** How somebody gave a command (the default, typed or native), by a control, a reaction, or at the console. */
export const DOORS = ["command", "button", "menu", "reaction", "console"] as const;
export type Door = (typeof DOORS)[number];

/** Whoever changes something, and where. */
export interface Actor {
  readonly platform: string;
  readonly workspace: string;
  readonly conversation: string;
  readonly isDirect: boolean;
  readonly user: { readonly id: string; readonly name: string };
  /** Default: "command". */
  readonly door?: Door;
}

/** What stands where something of a person was erased. */
export const ERASED = "(erased)";
export const ERASED_USER = { id: "erased", name: ERASED } as const;

/** One thing that changed; unset is nothing. Never holds what people wrote. */
export interface AuditedChange {
  /** "access.guests", "pin". */
  readonly what: string;
  readonly before?: string;
  readonly after?: string;
}

/** A change that a person made. */
export interface AuditEntry extends Required<Actor> {
  /** Epoch ms. */
  readonly at: number;
  readonly kind: AuditKind;
  readonly changes: readonly AuditedChange[];
}

/** What is read of the record: from `from` (epoch ms) on, newest first. */
export interface AuditQuery {
  readonly from: number;
  /** Only what was written before the entry with this key. */
  readonly before?: string | undefined;
  isWanted(entry: AuditEntry): boolean;
}

/** The record of changes: rows by their time, of all workspaces. */
export interface Audit {
  /** The row of a change, to be written in one step with it; none where nothing changed. */
  writesOf(by: Actor, kind: AuditKind, ...changes: readonly AuditedChange[]): readonly Write[];
  /** Records what left no other trace in the store. @throws {StoreError} */
  note(by: Actor, kind: AuditKind, ...changes: readonly AuditedChange[]): Promise<void>;
  /** At most `limit` entries with their keys, newest first; damaged rows are left out. @throws {StoreError} */
  read(query: AuditQuery, limit: number): Promise<readonly (readonly [key: string, entry: AuditEntry])[]>;
  /** Erases what is older than `before` (epoch ms), and tells how many. @throws {StoreError} */
  erase(before: number): Promise<number>;
}

const text = z.string();
export const auditRow = z.object({
  at: z.number(),
  platform: text,
  workspace: text,
  conversation: text,
  isDirect: z.boolean(),
  user: z.object({ id: text, name: text }),
  door: z.enum(DOORS),
  kind: z.enum(AUDIT_KINDS),
  changes: z.array(z.object({ what: text, before: text.exactOptional(), after: text.exactOptional() })),
});

const MAX_VALUE_CHARS = 500;
/** Rows that are read or erased in one step. */
const ROWS_AT_ONCE = 250;
/** Epoch ms with so many digits sorts by time until the year 2286. */
const TIME_DIGITS = 13;
const timeKey = (at: number) => String(Math.max(0, at)).padStart(TIME_DIGITS, "0");

export function createAudit({ store, now }: { readonly store: Store; readonly now: () => number }): Audit {
  const rows = store.values("audit");
  const readEntry = createRowReader(rows, auditRow);
  let written = 0;
  /** In the order of this process within a millisecond, and unique among all. */
  const newKey = (at: number) => {
    written = (written + 1) % 0x10000;
    return `${timeKey(at)}-${written.toString(16).padStart(4, "0")}${randomUUID().slice(0, 4)}`;
  };
  const writesOf: Audit["writesOf"] = (by, kind, ...changes) => {
    if (changes.length === 0) return [];
    const { platform, workspace, conversation, isDirect, user, door = "command" } = by;
    const value: AuditEntry = {
      ...{ at: now(), platform, workspace, conversation, isDirect, door, kind },
      user: { id: user.id, name: user.name },
      changes: changes.map(cut),
    };
    return [{ table: "audit", key: newKey(value.at), value }];
  };
  return {
    writesOf,
    note: (...entry) => store.write(writesOf(...entry)),
    async read({ from, before, isWanted }, limit) {
      const found: (readonly [string, AuditEntry])[] = [];
      for await (const page of pagesOf(rows, "", ROWS_AT_ONCE, before)) {
        for (const [key, row] of page.toReversed()) {
          if (key < timeKey(from) || found.length >= limit) return found;
          const entry = readEntry(key, row);
          if (entry !== undefined && isWanted(entry)) found.push([key, entry]);
        }
        await nextTurn();
      }
      return found;
    },
    async erase(before) {
      let erased = 0;
      for await (const page of pagesOf(rows, "", ROWS_AT_ONCE, timeKey(before))) {
        await store.write(page.map(([key]) => ({ table: "audit", key, value: undefined })));
        erased += page.length;
      }
      return erased;
    },
  };
}

const cut = ({ what, before, after }: AuditedChange): AuditedChange => ({
  what: cutText(what, MAX_VALUE_CHARS),
  ...(before !== undefined && { before: cutText(before, MAX_VALUE_CHARS) }),
  ...(after !== undefined && { after: cutText(after, MAX_VALUE_CHARS) }),
});
