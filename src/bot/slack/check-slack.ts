import type { HostConfig } from "../../config-host.js";
import type { Log } from "../../log.js";
import type { PlatformFinding } from "../platform-definition.js";
import { botFault, linkFault } from "./health.js";
import { SCOPES } from "./manifest.js";
import { createWebClient, sdkLogger } from "./web-client.js";

/** Asks Slack about both tokens: whether they are good, and whether the app has the scopes of the manifest. Never rejects. */
export async function checkSlack(
  slack: NonNullable<HostConfig["slack"]>,
  log: Log,
): Promise<readonly PlatformFinding[]> {
  const settings = { apiUrl: slack.apiUrl, logger: sdkLogger(log) };
  const checkBot = async (): Promise<PlatformFinding> => {
    try {
      const { team, response_metadata: told } = await createWebClient(slack.botToken, settings).auth.test();
      const missing = told?.scopes === undefined ? [] : SCOPES.filter((scope) => !told.scopes?.includes(scope));
      if (missing.length === 0) return { isFine: true, text: `slack: SLACK_BOT_TOKEN is good (${team})` };
      const mend = "paste what npm run slack-manifest prints at App Manifest and reinstall the app";
      return { isFine: false, text: `slack: SLACK_BOT_TOKEN lacks the scopes ${missing.join(", ")}; ${mend}` };
    } catch (error) {
      return { isFine: false, text: botFault(error) };
    }
  };
  const checkLink = async (appToken: string): Promise<PlatformFinding> => {
    try {
      await createWebClient(appToken, settings).apps.connections.open({});
      return { isFine: true, text: "slack: SLACK_APP_TOKEN opens Socket Mode" };
    } catch (error) {
      return { isFine: false, text: linkFault(error) };
    }
  };
  return Promise.all([checkBot(), ...(slack.appToken === undefined ? [] : [checkLink(slack.appToken)])]);
}
