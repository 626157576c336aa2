import { z } from "zod";
import { DAY_MS, showTimes } from "../../../base/time.js";
import type { Control } from "../../../commands/command.js";
import { t } from "../../../languages/translate.js";

const choice = z.object({ label: z.string(), command: z.string() });
const control = z.union([choice, z.object({ label: z.string(), options: z.array(choice) })]);

const answerFacts = z.object({
  /** The model as "provider/model". */
  model: z.string(),
  durationMs: z.number(),
  /** Null where the provider does not say. */
  tokens: z.number().nullable(),
  /** USD; null where a price is unknown. */
  costUsd: z.number().nullable(),
});

/** A message of the playground as it is stored. */
export const messageRow = z.object({
  id: z.string(),
  author: z.enum(["user", "bot"]),
  text: z.string(),
  /** The bot's own mark, as emoji: one at a time. */
  mark: z.string().nullable(),
  /** What people put on it. */
  reactions: z.array(z.string()),
  controls: z.array(control),
  /** The message that it answers. */
  replyTo: z.string().nullable(),
  at: z.number(),
  /** What stood beside a question; the bytes are not stored. */
  files: z.array(z.object({ name: z.string(), mediaType: z.string(), sizeBytes: z.number() })).exactOptional(),
  /** The earlier question that an edited one takes the place of. */
  replaces: z.string().exactOptional(),
  /** What an answer took, once it has ended. */
  answer: answerFacts.exactOptional(),
});
export type MessageRow = Readonly<z.infer<typeof messageRow>>;

/** Parses what the store holds under a key; undefined where it is damaged, which costs only that message. */
export type ReadMessageRow = (key: string, value: unknown) => MessageRow | undefined;

export const rowKey = (channel: string, id: string): string => `${channel}#${id}`;
export const rowPrefix = (channel: string): string => `${channel}#`;

/** Wide enough that ids sort as text in the order of their numbers. */
const NUMBER_WIDTH = 10;

/** An id that sorts by its number and is never used again, even if the channel starts again. */
export const messageId = (number: number, suffix: string): string =>
  `${String(number).padStart(NUMBER_WIDTH, "0")}-${suffix}`;
export const numberOf = (id: string): number => Number.parseInt(id, 10) || 0;

/** All marks on a message, the bot's own first. */
export const marksOf = ({ mark, reactions }: MessageRow): readonly string[] => [
  ...new Set([...(mark === null ? [] : [mark]), ...reactions]),
];

/** Copies what the page needs, so that a caller's list may change without the row. */
export const controlsOf = (controls: readonly Control[] | undefined): MessageRow["controls"] =>
  (controls ?? []).map((each) =>
    "options" in each
      ? { label: each.label, options: each.options.map(({ label, command }) => ({ label, command })) }
      : { label: each.label, command: each.command },
  );

const MINUTE_MS = 60_000;
/** The largest comes first; a time is given in the first unit that it fills to three quarters. */
const UNITS = [
  {
    ms: DAY_MS,
    ago: (days: number) => (days === 1 ? t`1 day ago` : t`${days} days ago`),
    ahead: (days: number) => (days === 1 ? t`in 1 day` : t`in ${days} days`),
  },
  { ms: 60 * MINUTE_MS, ago: (hours: number) => t`${hours} h ago`, ahead: (hours: number) => t`in ${hours} h` },
  { ms: MINUTE_MS, ago: (minutes: number) => t`${minutes} min ago`, ahead: (minutes: number) => t`in ${minutes} min` },
] as const;

/** A point in time in words, as seen from `now`: "2 min ago", "in 3 min", "just now". */
export function timeInWords(at: number, now: number): string {
  const distanceMs = Math.abs(at - now);
  const unit = UNITS.find(({ ms }) => Math.round(distanceMs / ms) >= 1 && distanceMs >= ms * 0.75);
  if (unit === undefined) return at <= now ? t`just now` : t`in a moment`;
  const count = Math.max(1, Math.round(distanceMs / unit.ms));
  return at <= now ? unit.ago(count) : unit.ahead(count);
}

/** A text as it reads now. `timed`: with its time marks, where it has any, so that a page can keep them true. */
export function timedText(markdown: string, now: number): { readonly text: string; readonly timed?: string } {
  const text = showTimes(markdown, (at) => timeInWords(at, now));
  return text === markdown ? { text } : { text, timed: markdown };
}

/** A message as the HTTP interface gives it. */
export type PublicMessage = ReturnType<typeof publicMessage>;

export function publicMessage(row: MessageRow, now: number) {
  return {
    ...editOf(row, now),
    author: row.author,
    marks: marksOf(row),
    ...(row.replyTo !== null && { replyTo: row.replyTo }),
    ...(row.files && { files: row.files }),
    ...(row.replaces !== undefined && { replaces: row.replaces }),
    at: row.at,
  };
}

/** What an `edit` event says of a message: everything that an edit may change. */
export const editOf = (row: MessageRow, now: number) => ({
  id: row.id,
  ...(row.author === "bot" ? timedText(row.text, now) : { text: row.text }),
  ...(row.controls.length > 0 && { controls: row.controls }),
  ...(row.answer && { answer: row.answer }),
});
