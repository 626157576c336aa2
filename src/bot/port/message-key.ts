import { z } from "zod";
import type { MessageKey } from "./platform.js";

/** A message's place as it was stored. */
export const messageKeySchema: z.ZodType<MessageKey> = z.object({
  platform: z.string(),
  workspace: z.string(),
  channel: z.string(),
  thread: z.string().exactOptional(),
  message: z.string(),
});
