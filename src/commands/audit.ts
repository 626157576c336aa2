import { DAY_MS, startOfDay, timeMark } from "../base/time.js";
import { localeInForce, type Phrase, phrase, t } from "../languages/translate.js";
import { AUDIT_KINDS, type AuditEntry, type AuditKind } from "../store/audit.js";
import { type Control, defineCommand, type Invocation } from "./command.js";
import type { CommandDeps } from "./command-deps.js";
import { code, escapeInline } from "./wording/markdown.js";

const PERIOD_DAYS: Readonly<Record<string, number>> = { today: 1, "7d": 7, "30d": 30, "90d": 90, "365d": 365 };
const KIND_LABELS: Readonly<Record<AuditKind, Phrase>> = {
  settings: phrase`settings`,
  budget: phrase`budgets`,
  rules: phrase`model rules and offers`,
  model: phrase`pins and detours`,
  prompt: phrase`system prompts`,
  watch: phrase`watches`,
  board: phrase`boards`,
  data: phrase`exports and erasures`,
};
const isKind = (word: string): boolean => (AUDIT_KINDS as readonly string[]).includes(word);
const PAGE_ENTRIES = 10;
/** Every service shows as much in one message. */
const MAX_PAGE_CHARS = 1_900;
/** With more the file would be larger than every service takes. */
const MAX_EXPORTED = 10_000;
const KEY = /^\d{13}-[0-9a-f]{8}$/;

const OPTIONS = {
  period: {
    kind: "choice",
    about: "today, 7d (default), 30d, 90d or 365d",
    values: Object.keys(PERIOD_DAYS).map((value) => ({ value, label: value })),
  },
  kind: {
    kind: "word",
    about: "only settings, budget, rules, model, prompt, watch, board, data",
    takes: () => AUDIT_KINDS.map((value) => code(value)).join(", "),
    accepts: (value: string) => isKind(value.toLowerCase()),
    isSuggested: true,
  },
  output: {
    kind: "choice",
    about: "list (default) or file",
    values: [
      { value: "list", label: "list" },
      { value: "file", label: "file", aliases: ["export"] },
    ],
  },
  before: {
    kind: "word",
    about: "an older page; set by its button",
    accepts: (value: string) => KEY.test(value),
    maxChars: 22,
  },
  person: {
    kind: "text",
    about: "only changes by this person: a mention, id or name",
    maxChars: 100,
    takesMentions: true,
  },
} as const;

export const audit = ({ audit: record, clock, host }: CommandDeps) =>
  defineCommand({
    path: "audit",
    about: "Who changed what here, and when; never what people wrote",
    access: "operator",
    // In a direct message it is the person's own conversation.
    accessFor: ({ isDirect }) => (isDirect ? "anyone" : "operator"),
    isForChatters: true,
    isHeavy: true,
    visibility: "ephemeral",
    options: OPTIONS,
    async *run({ period = "7d", kind, output, before, person }, invocation) {
      const from = startOfDay(clock.now()) - ((PERIOD_DAYS[period] ?? 7) - 1) * DAY_MS;
      const isWanted = (entry: AuditEntry) =>
        (kind === undefined || entry.kind === kind.toLowerCase()) &&
        isVisible(entry, invocation) &&
        (person === undefined || isBy(entry, person));
      const line = ["/audit", period, kind].filter((word) => word !== undefined).join(" ");
      const by = person === undefined ? "" : ` person:${person}`;
      if (output === "file") return yield await exported({ record, clock }, invocation, { from, isWanted });
      const found = await record.read({ from, before, isWanted }, PAGE_ENTRIES + 1);
      const lines = linesThatFit(found.slice(0, PAGE_ENTRIES).map(([, entry]) => entryLine(entry)));
      const shown = found.slice(0, lines.length);
      if (shown.length === 0) {
        yield {
          markdown: t`Nothing was changed here in this time (${period}). Changes are kept for ${host.auditDays} days.`,
        };
        return;
      }
      const oldest = shown.at(-1)?.[0];
      const controls: readonly Control[] = [
        ...(found.length > shown.length ? [{ label: t`Older ▶`, command: `${line} before:${oldest}${by}` }] : []),
        { label: t`📄 Export`, command: `${line} output:file${by}` },
      ];
      yield {
        markdown: [t`**Changes, newest first**`, ...lines].join("\n"),
        controls,
      };
    },
    suggest: (option, typed) =>
      option !== "kind"
        ? []
        : AUDIT_KINDS.filter((value) => value.startsWith(typed.trim().toLowerCase())).map((value) => ({
            label: `${value}: ${KIND_LABELS[value]}`,
            value,
          })),
  });

/** What concerns a workspace as a whole; the rest of direct messages is for those who are there. */
const SHARED_KINDS: ReadonlySet<AuditKind> = new Set(["settings", "budget", "rules"]);

/** Operators see their workspace; in a direct message everybody sees what was changed in it. */
function isVisible(entry: AuditEntry, { workspace, conversation, isDirect }: Invocation): boolean {
  if (entry.workspace !== workspace) return false;
  if (isDirect) return entry.conversation === conversation || entry.conversation.startsWith(`${conversation}:`);
  return !entry.isDirect || SHARED_KINDS.has(entry.kind);
}

/** `person`: a mention as platforms write it ("<@1>", "<@U1|ada>"), an id or a name. */
function isBy({ user }: AuditEntry, person: string): boolean {
  const [, mentioned] = /^<@!?(\w+)(?:\|[^>]*)?>$/.exec(person.trim()) ?? [];
  const wanted = (mentioned ?? person).trim().replace(/^@/, "").toLowerCase();
  return user.id.toLowerCase() === wanted || (mentioned === undefined && user.name.toLowerCase().includes(wanted));
}

const MAX_SHOWN_CHANGES = 4;
const MAX_NAME_CHARS = 60;
/** The record itself keeps no more of a value. */
const MAX_VALUE_CHARS = 500;
/** Where an entry would not fit on a page with its whole values. */
const MAX_CUT_VALUE_CHARS = 60;

/** Leaves out the last ones, which stand on the next page then; the first one always fits. */
function linesThatFit(lines: readonly string[]): readonly string[] {
  let chars = t`**Changes, newest first**`.length;
  const end = lines.findIndex((line) => {
    chars += line.length + 1;
    return chars > MAX_PAGE_CHARS;
  });
  return end < 0 ? lines : lines.slice(0, Math.max(1, end));
}

/** "- 5 minutes ago **Ada** footer: off → on (discord, button)". */
function entryLine(entry: AuditEntry): string {
  const whole = lineWith(entry, MAX_VALUE_CHARS);
  return whole.length <= MAX_PAGE_CHARS - 100 ? whole : lineWith(entry, MAX_CUT_VALUE_CHARS);
}

function lineWith({ at, user, changes, platform, door, kind }: AuditEntry, maxValueChars: number): string {
  // Settings have values as they are typed; what became of a model or a prompt is told in words.
  const valueWords = (value: string) => (kind === "model" || kind === "prompt" ? t(value) : value);
  const words = changes.slice(0, MAX_SHOWN_CHANGES).map(({ what, before, after }) => {
    const [was, is] = [before, after].map((value) =>
      value === undefined ? "–" : code(valueWords(value), maxValueChars),
    );
    return `${escapeInline(what, MAX_NAME_CHARS)}: ${was} → ${is}`;
  });
  const more = changes.length - words.length;
  const where = door === "console" ? "console" : `${platform}, ${door}`;
  return t`- ${timeMark(at)} **${escapeInline(user.name, MAX_NAME_CHARS)}** ${words.join("; ")}${
    more > 0
      ? t`
    and ${more} more`
      : ""
  } (${where})`;
}

/** A file of what is wanted, whose export is itself recorded. @throws {StoreError} */
async function exported(
  { record, clock }: { readonly record: CommandDeps["audit"]; readonly clock: CommandDeps["clock"] },
  invocation: Invocation,
  query: Parameters<CommandDeps["audit"]["read"]>[0],
) {
  const found = await record.read(query, MAX_EXPORTED);
  await record.note(invocation, "data", { what: "record of changes", after: "exported" });
  const rows = found.map(([, { at, ...entry }]) => ({ at: new Date(at).toISOString(), ...entry }));
  const document = { exportedAt: new Date(clock.now()).toISOString(), changes: rows };
  const bytes = new TextEncoder().encode(`${JSON.stringify(document, null, 2)}\n`);
  const rest =
    found.length === MAX_EXPORTED ? t` The newest ${MAX_EXPORTED.toLocaleString(localeInForce())} of them.` : "";
  return {
    markdown: t`📄 Changes of this time, as JSON: ${found.length.toLocaleString(localeInForce())}.${rest}`,
    files: [{ name: "audit.json", bytes, alt: t`The record of changes as JSON` }],
  };
}
