import type { Actor, Audit, AuditedChange, AuditKind } from "../store/audit.js";
import type { Write } from "../store/store.js";

/** Which fields of a workspace's settings are more than a setting. */
const KINDS: Readonly<Record<string, AuditKind>> = {
  budget: "budget",
  budgets: "budget",
  models: "rules",
  offers: "rules",
};
/** Names of settings in the record of changes, where they differ from the stored ones. */
const NAMES: Readonly<Record<string, string>> = { isEnabled: "auto-refresh" };
/** When something was set: the record has a time of its own. */
const TIMES = new Set(["at", "setAt"]);

/** Makes the rows of the record for a change of settings, whichever they are: one for each kind of what differs. */
export const audited =
  (audit: Pick<Audit, "writesOf">, by: Actor) =>
  (before: object, after: object): readonly Write[] => {
    const byKind = new Map<AuditKind, AuditedChange[]>();
    for (const [field, change] of changesBetween(before, after)) {
      const kind = KINDS[field] ?? "settings";
      byKind.set(kind, [...(byKind.get(kind) ?? []), change]);
    }
    return [...byKind].flatMap(([kind, changes]) => audit.writesOf(by, kind, ...changes));
  };

/** What differs between two settings, each under the field that it is a part of. */
function changesBetween(before: object, after: object): readonly (readonly [field: string, change: AuditedChange])[] {
  const [old, now] = [leavesOf(before), leavesOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((path) => {
    const [was, is] = [old.get(path), now.get(path)];
    if (was === is) return [];
    const change = {
      what: path
        .split("\n")
        .map((part) => NAMES[part] ?? part)
        .join("."),
      ...(was !== undefined && { before: was }),
      ...(is !== undefined && { after: is }),
    };
    return [[path.split("\n")[0] ?? "", change] as const];
  });
}

/** Every value that holds no others, as text, by where it stands; no field's name has a line break. */
function leavesOf(value: unknown, path: readonly string[] = []): ReadonlyMap<string, string> {
  if (value === undefined || TIMES.has(path.at(-1) ?? "")) return new Map();
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return new Map(Object.entries(value).flatMap(([name, each]) => [...leavesOf(each, [...path, name])]));
  return new Map([[path.join("\n"), wordsOf(value)]]);
}

function wordsOf(value: unknown): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(String).join(", ");
  return String(value);
}
