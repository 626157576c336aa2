import { z } from "zod";
import type { HostConfig } from "../../../base/config/config-host.js";
import type { Log } from "../../../base/log.js";
import { phrase, t } from "../../../languages/translate.js";
import type { PlatformFinding } from "../../port/platform-definition.js";
import { createWebClient, sdkLogger } from "../link/bolt.js";
import type { SlackSettings } from "../variables.js";
import { eventsOf } from "../wire/app-features.js";
import { botFault, linkFault } from "../wire/health.js";
import { identify } from "../wire/identity.js";
import { SCOPE_USES } from "./manifest.js";

export interface SlackCheck {
  readonly slack: SlackSettings;
  readonly access: Pick<HostConfig["access"], "allowedWorkspaces" | "followThreads">;
  readonly log: Log;
}

const answerSchema = z.looseObject({
  team: z.string().nullish(),
  response_metadata: z.looseObject({ scopes: z.array(z.string()).nullish() }).nullish(),
});

const FIX = phrase`paste what npm run slack-manifest prints at App Manifest and reinstall the app`;

/**
 * Asks Slack whether both tokens are valid and whether the app has the manifest's scopes. Slack shows no bot its event
 * subscriptions: one line says what they have to be. Never rejects.
 */
export async function checkSlack({ slack, access, log }: SlackCheck): Promise<readonly PlatformFinding[]> {
  const settings = { apiUrl: slack.apiUrl, logger: sdkLogger(log) };
  const client = createWebClient(slack.botToken, settings);

  const checkBot = async (): Promise<readonly PlatformFinding[]> => {
    try {
      const { teamId } = await identify(client);
      const { team, response_metadata: metadata } = answerSchema.parse(await client.auth.test());
      return [
        { isFine: true, text: t`slack: SLACK_BOT_TOKEN is valid (${team ?? teamId})` },
        ...servedFinding(teamId, access.allowedWorkspaces),
        scopesFinding(metadata?.scopes ?? undefined),
      ];
    } catch (error) {
      return [{ isFine: false, text: botFault(error) }];
    }
  };
  const checkLink = async (appToken: string): Promise<PlatformFinding> => {
    try {
      await createWebClient(appToken, settings).apps.connections.open({});
      return { isFine: true, text: t`slack: SLACK_APP_TOKEN opens Socket Mode` };
    } catch (error) {
      return { isFine: false, text: linkFault(error) };
    }
  };
  const events: PlatformFinding = {
    isFine: true,
    text: t`slack: event subscriptions can't be checked from here; the app needs
      ${eventsOf(access.followThreads).join(", ")} (if one is missing, ${FIX})`,
  };
  const link = slack.appToken === undefined ? [httpFinding(slack)] : [checkLink(slack.appToken)];
  const [bot, ...rest] = await Promise.all([checkBot(), ...link]);
  return [...bot, ...rest, events];
}

function servedFinding(teamId: string, allowed: readonly string[]): readonly PlatformFinding[] {
  if (allowed.length === 0 || allowed.includes(teamId)) return [];
  return [
    { isFine: false, text: t`slack: ALLOWED_WORKSPACES leaves out ${teamId}, so nobody there is answered; add it` },
  ];
}

function scopesFinding(granted: readonly string[] | undefined): PlatformFinding {
  if (granted === undefined)
    return { isFine: true, text: t`slack: the app's scopes could not be checked, because Slack did not report them` };
  const missing = Object.entries(SCOPE_USES).filter(([scope]) => !granted.includes(scope));
  if (missing.length === 0) return { isFine: true, text: t`slack: the app has every scope of the manifest` };
  const named = missing.map(([scope, use]) => `${scope} (${use})`).join(", ");
  return { isFine: false, text: t`slack: SLACK_BOT_TOKEN lacks the scopes ${named}; ${FIX}` };
}

const httpFinding = async ({ port }: SlackCheck["slack"]): Promise<PlatformFinding> => ({
  isFine: true,
  text: t`slack: signed requests are accepted on port ${port}, path /slack/events, once the bot runs`,
});
