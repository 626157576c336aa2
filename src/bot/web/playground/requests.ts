import { z } from "zod";
import { HttpError } from "../http/http-error.js";

const channel = z.string().regex(/^[a-z0-9-]{1,64}$/, "A channel's name is 1 to 64 of a-z, 0-9 and -.");
const channelName = z.object({
  name: z
    .string("`name` is missing.")
    .transform((name) => name.trim().replace(/^#+\s*/, ""))
    .pipe(z.string().regex(/^[^\p{Cc}]{1,64}$/u, "A channel's name is 1 to 64 characters on one line.")),
});
const client = z.string().regex(/^[\w-]{1,64}$/, "`client` is 1 to 64 letters, digits, - and _.");
/** One emoji: pictures, flags and keycaps with their joiners; digits alone are none. */
const EMOJI =
  /^(?=.*(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3))(?:\p{Extended_Pictographic}|\p{Emoji_Component}){1,16}$/u;

const unsetWhenNull = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value) => value ?? undefined);
const line = (name: string) => z.string().regex(/^[^\n]{1,200}$/, `\`${name}\` is one line.`);

const newMessage = z.object({
  text: z.string("`text` is missing.").trim().min(1, "`text` is empty."),
  client: unsetWhenNull(client),
  /** The message whose control was pressed. */
  on: unsetWhenNull(line("on")),
  /** The panel that the control stands on, as its event named it. */
  panel: unsetWhenNull(line("panel")),
});
export type NewMessage = z.infer<typeof newMessage>;
const newMark = z.object({
  channel,
  message: z.string("`message` is missing.").min(1).max(128),
  emoji: z.string("`emoji` is missing.").regex(EMOJI, "`emoji` is not one emoji."),
});

export const parseChannel = (value: unknown): string => parse(channel, value);
export const parseChannelName = (value: unknown): string => parse(channelName, value).name;
export const parseClient = (value: unknown): string | undefined => parse(client.optional(), value);
export const parseMessage = (value: unknown): NewMessage => parse(newMessage, value);
export const parseMark = (value: unknown): z.infer<typeof newMark> => parse(newMark, value);

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new HttpError(400, parsed.error.issues[0]?.message ?? "The request is not valid.");
}
