import { z } from "zod";
import type { Clock } from "../../clock.js";
import type { HostConfig } from "../../config-host.js";
import { messageOf } from "../../errors.js";
import type { PlatformFinding } from "../platform-definition.js";
import { discordStatusOf } from "./errors.js";
import { refusalOfLogin } from "./health.js";
import { createRest } from "./rest.js";

const gateway = z.object({ session_start_limit: z.object({ remaining: z.number(), total: z.number() }) });

/** Asks Discord whether the token is good, without connecting. Never rejects. */
export async function checkDiscord(
  { token, apiUrl }: NonNullable<HostConfig["discord"]>,
  clock: Clock,
): Promise<readonly PlatformFinding[]> {
  const rest = createRest({ token, apiUrl, clock, onAnswer() {} });
  try {
    const answer = await rest.call("GET", "/gateway/bot", { what: "asking where to connect" });
    const starts = gateway.safeParse(answer).data?.session_start_limit;
    const left = starts === undefined ? "" : `, ${starts.remaining} of ${starts.total} connections left today`;
    return [{ isFine: true, text: `discord: DISCORD_TOKEN is good${left}` }];
  } catch (error) {
    const status = discordStatusOf(error);
    return [
      {
        isFine: false,
        text: `discord: ${refusalOfLogin({ status }) ?? `${messageOf(error)}; check the network and DISCORD_API_URL`}`,
      },
    ];
  }
}
