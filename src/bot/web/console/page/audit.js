import { call } from "/assets/shared/api.js";
import { byId, make, messageOf } from "/assets/shared/elements.js";

/** @import { AuditView } from "../audit-view.js" */

/** Who changed what; read on demand, newest first, perhaps of one kind. */
export function createAudit() {
  const body = byId("audit-rows");
  const more = byId("more-audit", HTMLButtonElement);
  const kind = byId("audit-kind", HTMLSelectElement);
  /** @type {string | undefined} */
  let before;

  const read = async () => {
    more.disabled = true;
    try {
      const query = new URLSearchParams({ kind: kind.value, ...(before !== undefined && { before }) });
      /** @type {AuditView} */
      const page = await call(`/api/console/audit?${query}`);
      if (before === undefined) body.replaceChildren();
      body.append(...page.entries.map(auditRow));
      if (body.childElementCount === 0) body.append(wideRow("Nothing was changed."));
      before = page.before;
      more.textContent = before === undefined ? "Read again" : "Show more";
    } catch (error) {
      body.append(wideRow(messageOf(error)));
    } finally {
      more.disabled = false;
    }
  };
  more.addEventListener("click", read);
  kind.addEventListener("change", () => {
    before = undefined;
    return read();
  });
}

/** @param {string} text */
const wideRow = (text) => make("tr", {}, make("td", { colSpan: 6, className: "empty" }, text));

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
    make("td", { className: "number" }, new Date(at).toLocaleString([], { dateStyle: "short", timeStyle: "short" })),
    make("td", {}, user.name),
    make("td", {}, ...lines),
    make("td", {}, kind),
    make("td", {}, door === "console" ? "console" : `${platform}, ${door}`),
    make("td", {}, conversation),
  );
}
