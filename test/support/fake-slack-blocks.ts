import { z } from "zod";

const plain = (max: number) =>
  z.strictObject({ type: z.literal("plain_text"), text: z.string().min(1).max(max), emoji: z.boolean().optional() });
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal("mrkdwn"), text: z.string().min(1).max(max), verbatim: z.boolean().optional() });
const blockId = { block_id: z.string().max(255).optional() };
const actionId = z.string().min(1).max(255);

const button = z.strictObject({
  type: z.literal("button"),
  text: plain(75),
  action_id: actionId,
  value: z.string().max(2_000).optional(),
  url: z.url().max(3_000).optional(),
  style: z.enum(["primary", "danger"]).optional(),
  accessibility_label: z.string().max(75).optional(),
});
const option = z.strictObject({
  text: plain(75),
  value: z.string().min(1).max(150),
  description: plain(75).optional(),
});
const select = z.strictObject({
  type: z.literal("static_select"),
  placeholder: plain(150).optional(),
  action_id: actionId,
  options: z.array(option).min(1).max(100),
  initial_option: option.optional(),
});
const externalSelect = z.strictObject({
  type: z.literal("external_select"),
  placeholder: plain(150).optional(),
  action_id: actionId,
  min_query_length: z.number().int().min(0).optional(),
  initial_option: option.optional(),
});
const elements = z
  .array(z.discriminatedUnion("type", [button, select, externalSelect]))
  .min(1)
  .max(25)
  .refine((all) => new Set(all.map(({ action_id }) => action_id)).size === all.length, "action_id is used twice");

const rating = z.strictObject({
  text: plain(75),
  value: z.string().min(1).max(2_000),
  accessibility_label: z.string().max(75).optional(),
});
const feedbackButtons = z.strictObject({
  type: z.literal("feedback_buttons"),
  action_id: actionId,
  positive_button: rating,
  negative_button: rating,
});

const block = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("markdown"), text: z.string().min(1).max(12_000), ...blockId }),
  z.strictObject({
    type: z.literal("section"),
    text: z.discriminatedUnion("type", [plain(3_000), mrkdwn(3_000)]),
    expand: z.boolean().optional(),
    ...blockId,
  }),
  z.strictObject({ type: z.literal("actions"), elements, ...blockId }),
  // https://docs.slack.dev/reference/block-kit/blocks/context-actions-block
  z.strictObject({ type: z.literal("context_actions"), elements: z.array(feedbackButtons).min(1).max(5), ...blockId }),
  z.strictObject({ type: z.literal("divider"), ...blockId }),
  z.strictObject({ type: z.literal("header"), text: plain(150), ...blockId }),
  z.strictObject({
    type: z.literal("context"),
    elements: z
      .array(z.discriminatedUnion("type", [plain(2_000), mrkdwn(2_000)]))
      .min(1)
      .max(10),
    ...blockId,
  }),
  // Only as Slack itself gives it back.
  z.strictObject({ type: z.literal("rich_text"), elements: z.array(z.looseObject({ type: z.string() })), ...blockId }),
]);
export type FakeBlock = z.infer<typeof block>;

const blocks = z
  .array(block)
  .max(50)
  .refine(
    (all) => all.reduce((sum, one) => sum + (one.type === "markdown" ? one.text.length : 0), 0) <= 12_000,
    "the markdown blocks of a message hold more than 12,000 characters",
  );

/** Slack makes table blocks of a Markdown table, and refuses the message where one of them is none that it takes. */
const MAX_TABLE_ROWS = 50;
const MAX_TABLE_COLUMNS = 20;
const MAX_CELL_CHARS = 1_000;

function tableFault(all: readonly FakeBlock[]): string | undefined {
  for (const one of all) {
    if (one.type !== "markdown") continue;
    const rows = one.text.split("\n").filter((line) => /^\|.*\|$/.test(line) && !/^[|\s:-]+$/.test(line));
    if (rows.length > MAX_TABLE_ROWS) return "rows: a table has too many rows";
    for (const row of rows) {
      const cells = row.slice(1, -1).split("|");
      if (cells.length > MAX_TABLE_COLUMNS) return "rows/0: a table has too many columns";
      if (cells.some((cell) => cell.trim() === "")) return "rows/0: missing required field: text";
      if (cells.some((cell) => cell.length > MAX_CELL_CHARS)) return "rows/0: a cell is too long";
    }
  }
  return undefined;
}

/** What a select is given while somebody types. */
export const suggestedOptions = z.strictObject({ options: z.array(option).max(100) });

/** What Slack would say of these blocks; `fault` where it would refuse them. */
export function checkBlocks(value: unknown): { readonly blocks: readonly FakeBlock[] } | { readonly fault: string } {
  const result = blocks.safeParse(value);
  const table = result.success ? tableFault(result.data) : undefined;
  if (table !== undefined) return { fault: table };
  if (result.success) return { blocks: result.data };
  const [issue] = result.error.issues;
  return { fault: `${issue?.path.join("/")}: ${issue?.message}` };
}

/** What pings people or points somewhere, wherever Slack reads its own tokens. */
const TOKEN = /<([!@#])([^<>]*)>|<(https?:[^<>|]+)\|?([^<>]*)>/g;

/** A text as its reader sees it: pings stand out as ⟦ping …⟧, dates as their fallback. */
export const asRead = (text: string): string =>
  text
    .replaceAll(TOKEN, (_all, sign: string | undefined, body: string | undefined, url: string, label: string) => {
      if (sign === undefined) return label ? `${label} (${url})` : url;
      if (sign === "!" && body?.startsWith("date^")) return `[${body.split("|")[1] ?? "?"}]`;
      return `⟦ping ${sign}${body}⟧`;
    })
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

/** All text of a message's blocks as its reader sees it. */
export const textOfBlocks = (all: readonly FakeBlock[]): string =>
  all
    .flatMap((one) => {
      if (one.type === "markdown") return [asRead(one.text.replaceAll("&amp;", "&amp;amp;"))];
      if (one.type === "section" || one.type === "header") return [asRead(one.text.text)];
      if (one.type === "context") return one.elements.map(({ text }) => asRead(text));
      if (one.type === "rich_text") return [plainOf(one.elements)];
      return [];
    })
    .join("\n");

const plainOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(plainOf).join("");
  if (typeof value !== "object" || value === null) return "";
  if ("text" in value && typeof value.text === "string") return value.text;
  return "elements" in value ? plainOf(value.elements) : "";
};

/** Slack keeps Markdown as rich text: what it gives back is no markdown block any more. */
export const asKept = (all: readonly FakeBlock[]): readonly FakeBlock[] =>
  all.map((one, index) => {
    if (one.type !== "markdown") return { block_id: `b${index}`, ...one };
    const section = { type: "rich_text_section", elements: [{ type: "text", text: asRead(one.text) }] };
    return { type: "rich_text", block_id: `b${index}`, elements: [section] };
  });
