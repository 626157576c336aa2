import { z } from "zod";

const refreshChoice = {
  isEnabled: z.boolean().exactOptional(),
  interval: z
    .union([z.literal(1), z.literal(3), z.literal(5), z.literal(10), z.literal(15), z.literal("smart")])
    .exactOptional(),
};

/** A stored row of a workspace. What a newer version put there is kept, so that going back and forth loses nothing. */
export const settingsSchema = z.looseObject({
  ...refreshChoice,
  providers: z.record(z.string(), z.looseObject(refreshChoice)).exactOptional(),
  model: z.string().exactOptional(),
  switching: z.enum(["anyone", "operators"]).exactOptional(),
  access: z
    .looseObject({
      who: z.array(z.string()).exactOptional(),
      channels: z.array(z.string()).exactOptional(),
      guests: z.boolean().exactOptional(),
      userPer10Min: z.number().int().positive().exactOptional(),
      channelPer10Min: z.number().int().positive().exactOptional(),
    })
    .exactOptional(),
  footer: z.boolean().exactOptional(),
});
