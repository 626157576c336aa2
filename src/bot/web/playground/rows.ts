import { z } from "zod";
import type { Control } from "../../../commands/command.js";

const choice = z.object({ label: z.string(), command: z.string() });
const control = z.union([choice, z.object({ label: z.string(), options: z.array(choice) })]);

/** A message as it is stored. */
const row = z.object({
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
});
export type Row = Readonly<z.infer<typeof row>>;

/** A row as it came from the store; undefined where it is damaged, which costs only that message. */
export function readRow(value: unknown): Row | undefined {
  const parsed = row.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

const channel = z.object({ at: z.number(), name: z.string().exactOptional() });

/** A channel in the list: its id never changes, its name is what people call it. */
export interface Channel {
  readonly id: string;
  readonly name: string;
  /** When it came into being. */
  readonly at: number;
}

/** Ours, not a channel's: a channel's id is never empty. A row for each, so that two bots on one store lose none. */
const CHANNEL_PREFIX = "#channel:";

/** The stored channels, in the order in which they came into being. */
export const readChannels = (entries: readonly (readonly [key: string, value: unknown])[]): readonly Channel[] =>
  entries
    .filter(([key]) => key.startsWith(CHANNEL_PREFIX))
    .map(([key, value]) => {
      const id = key.slice(CHANNEL_PREFIX.length);
      const known = channel.safeParse(value).data;
      return { id, name: known?.name ?? id, at: known?.at ?? 0 };
    })
    .sort((a, b) => a.at - b.at);

/** What keeps a channel; without `value` it goes. */
export const channelWrite = (id: string, value: { readonly at: number; readonly name?: string } | undefined) =>
  ({ table: "messages", key: CHANNEL_PREFIX + id, value }) as const;
export const channelsPrefix: string = CHANNEL_PREFIX;

export const rowKey = (channel: string, id: string): string => `${channel}#${id}`;
export const rowPrefix = (channel: string): string => `${channel}#`;

/** Wide enough that ids sort as text in the order of their numbers. */
const NUMBER_WIDTH = 10;

/** An id that sorts by its number and is never used again, even if the channel begins anew. */
export const messageId = (number: number, suffix: string): string =>
  `${String(number).padStart(NUMBER_WIDTH, "0")}-${suffix}`;
export const numberOf = (id: string): number => Number.parseInt(id, 10) || 0;

/** All marks on a message, the bot's own first. */
export const marksOf = ({ mark, reactions }: Row): readonly string[] => [
  ...new Set([...(mark === null ? [] : [mark]), ...reactions]),
];

/** Copies, so that a caller's list may change without the row. */
export const controlsOf = (controls: readonly Control[] | undefined): Row["controls"] =>
  (controls ?? []).map((each) =>
    "options" in each ? { label: each.label, options: each.options.map((option) => ({ ...option })) } : { ...each },
  );
