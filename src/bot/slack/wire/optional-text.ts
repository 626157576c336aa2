import { z } from "zod";

/** A field that Slack leaves out, or gives as null or "", where there is nothing to say. */
export const optionalText = z
  .string()
  .nullish()
  .transform((text) => text || undefined);
