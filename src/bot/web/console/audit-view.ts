import type { Audit, AuditEntry } from "../../../store/audit.js";

export interface AuditView {
  /** Newest first, of all workspaces. */
  readonly entries: readonly AuditEntry[];
  /** What to ask for the ones before; unset where there are none. */
  readonly before?: string;
}

const PAGE_ENTRIES = 50;

/** Reads a page of the record of changes; `kind`: only these, all where it is empty. @throws {StoreError} */
export async function readAudit(
  audit: Pick<Audit, "read">,
  { kind = "", before }: { readonly kind?: string | undefined; readonly before?: string | undefined },
): Promise<AuditView> {
  const isWanted = (entry: AuditEntry) => kind === "" || entry.kind === kind;
  const found = await audit.read({ from: 0, before, isWanted }, PAGE_ENTRIES + 1);
  const shown = found.slice(0, PAGE_ENTRIES);
  const last = found.length > shown.length ? shown.at(-1)?.[0] : undefined;
  return { entries: shown.map(([, entry]) => entry), ...(last !== undefined && { before: last }) };
}
