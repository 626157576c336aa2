import { z } from "zod";
import type { Rendered } from "./render.js";

/** A button by its own id, a menu by its entries': what tells one set of controls from another. */
const control = z.object({
  custom_id: z.string().optional(),
  options: z.array(z.object({ value: z.string() })).optional(),
});
const shown = z.object({ content: z.string(), components: z.array(z.object({ components: z.array(control) })) });

/** What Discord answers to a post, as much of it as is read. */
export const postedMessage = z.looseObject({ id: z.string() });

/** Whether a message with a text is what was sent; Discord trims the text. */
export function shows(message: z.infer<typeof postedMessage>, sent: Rendered["body"]): boolean {
  const [is, ought] = [shown.safeParse(message).data, shown.safeParse(sent).data];
  if (is === undefined || ought === undefined) return false;
  return (
    is.content.trim() === ought.content.trim() && JSON.stringify(is.components) === JSON.stringify(ought.components)
  );
}
