import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkSlack } from "../../../src/bot/slack/check-slack.js";
import { createLog } from "../../../src/log.js";
import { APP_TOKEN, BOT_TOKEN, type FakeSlack, startFakeSlack } from "../../support/fake-slack.js";
import { appOf } from "./slack-support.js";

describe("checkSlack()", () => {
  let slack: FakeSlack;
  const log = createLog({ level: "silent", secrets: [] });
  const { scopes, events } = appOf();
  beforeEach(async () => {
    slack = await startFakeSlack({ now: Date.now, scopes, events });
  });
  afterEach(() => slack.close());

  const check = (given: { botToken?: string; appToken?: string | undefined } = {}, apiUrl = slack.apiUrl) =>
    checkSlack(
      {
        botToken: BOT_TOKEN,
        appToken: APP_TOKEN,
        signingSecret: undefined,
        port: 0,
        commandPrefix: "",
        apiUrl,
        ...given,
      },
      log,
    );

  it("finds both tokens good", async () => {
    const findings = await check();
    expect(findings.map(({ isFine }) => isFine)).toEqual([true, true]);
    expect(await check({ appToken: undefined })).toHaveLength(1);
  });

  it("names the token that is refused, and where it is mended", async () => {
    const [bot, link] = await check({ botToken: "xoxb-other", appToken: "xapp-other" });
    expect(bot).toMatchObject({ isFine: false, text: expect.stringMatching(/SLACK_BOT_TOKEN.*OAuth & Permissions/) });
    expect(link).toMatchObject({ isFine: false, text: expect.stringMatching(/SLACK_APP_TOKEN.*App-Level Tokens/) });
    expect(JSON.stringify([bot, link])).not.toContain("xoxb-other");
  });

  it("names the scopes that are missing", async () => {
    const poor = await startFakeSlack({ now: Date.now, scopes: scopes.slice(2), events });
    const [bot] = await check({}, poor.apiUrl);
    expect(bot?.text).toContain(`lacks the scopes ${scopes.slice(0, 2).join(", ")}`);
    await poor.close();
  });

  it("says that Slack cannot be reached", async () => {
    const [bot] = await check({}, "http://127.0.0.1:9/api/");
    expect(bot?.text).toContain("cannot be reached");
  });
});
