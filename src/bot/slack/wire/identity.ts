import type { webApi } from "@slack/bolt";
import { z } from "zod";
import { optionalText } from "./notation.js";

/** Who the bot is in its workspace. */
export interface Identity {
  readonly teamId: string;
  readonly botUserId: string;
  /** Slack need not say it. */
  readonly botId: string | undefined;
  /** The organization of the workspace, on Enterprise Grid. */
  readonly enterpriseId?: string | undefined;
}

const answerSchema = z.object({
  team_id: z.string().min(1),
  user_id: z.string().min(1),
  bot_id: optionalText,
  enterprise_id: optionalText,
});

/** Asks Slack whose token it is. @throws what the SDK throws @throws {ZodError} for an unexpected answer */
export async function identify(client: webApi.WebClient): Promise<Identity> {
  const answer = answerSchema.parse(await client.auth.test());
  const { team_id: teamId, user_id: botUserId, bot_id: botId, enterprise_id: enterpriseId } = answer;
  return { teamId, botUserId, botId, ...(enterpriseId !== undefined && { enterpriseId }) };
}
