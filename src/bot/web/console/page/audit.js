import { call } from "/assets/shared/api.js";
import { byId, make } from "/assets/shared/elements.js";
import { LANGUAGE, t } from "/assets/shared/translate.js";
import { createPagedTable } from "./paged-table.js";

/** @import { AuditView } from "../console.js" */

/** Who changed what; read on demand, newest first, perhaps of one kind. */
export function createAudit() {
  const kind = byId("audit-kind", HTMLSelectElement);
  const readAgain = createPagedTable({
    body: byId("audit-rows"),
    more: byId("more-audit", HTMLButtonElement),
    columns: 6,
    empty: t`Nothing was changed.`,
    async read(from) {
      const query = new URLSearchParams({ kind: kind.value, ...(from !== undefined && { before: from }) });
      /** @type {AuditView} */
      const { entries, before } = await call(`/api/console/audit?${query}`);
      return { rows: entries.map(auditRow), before };
    },
  });
  kind.addEventListener("change", readAgain);
}

/** @param {AuditView["entries"][number]} entry */
function auditRow({ at, user, kind, changes, platform, door, conversation }) {
  const lines = changes.map(({ what, before, after }) =>
    make(
      "p",
      { className: "audit-change" },
      `${what}: `,
      make("span", { className: "audit-before" }, before ?? "–"),
      " → ",
      make("strong", {}, after ?? "–"),
    ),
  );
  return make(
    "tr",
    {},
    make(
      "td",
      { className: "when" },
      new Date(at).toLocaleString(LANGUAGE, { dateStyle: "short", timeStyle: "short" }),
    ),
    make("td", {}, user.name),
    make("td", {}, ...lines),
    make("td", {}, kind),
    make("td", {}, door === "console" ? "console" : `${platform}, ${door}`),
    make("td", {}, conversation),
  );
}
