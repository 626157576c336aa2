import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLog } from "../../../../src/base/log.js";
import { checkSlack } from "../../../../src/bot/slack/setup/check-slack.js";
import { APP_TOKEN, BOT_TOKEN, type FakeSlack, startFakeSlack } from "../../../support/fake-slack.js";
import { appOf } from "../slack-support.js";

describe("checkSlack()", () => {
  let slack: FakeSlack;
  const log = createLog({ level: "silent", secrets: [] });
  const { scopes, events } = appOf();
  beforeEach(async () => {
    slack = await startFakeSlack({ now: Date.now, scopes, events });
  });
  afterEach(() => slack.close());

  const check = async (
    given: { botToken?: string; appToken?: string | undefined; apiUrl?: string } = {},
    allowedWorkspaces: readonly string[] = [],
  ) => {
    const tokens = { botToken: BOT_TOKEN, appToken: APP_TOKEN, signingSecret: undefined };
    const place = { host: "127.0.0.1", port: 3000, commandPrefix: "", apiUrl: slack.apiUrl };
    const access = { allowedWorkspaces, followThreads: false };
    return checkSlack({ slack: { ...tokens, ...place, ...given }, access, log });
  };
  const faults = async (...given: Parameters<typeof check>) =>
    (await check(...given)).filter(({ isFine }) => !isFine).map(({ text }) => text);

  it("finds both tokens good, every scope there, and says what has to be subscribed to", async () => {
    const findings = await check();
    expect(findings.every(({ isFine }) => isFine)).toBe(true);
    const told = findings.map(({ text }) => text).join("\n");
    for (const what of ["SLACK_BOT_TOKEN is valid", "every scope", "opens Socket Mode", ...events]) {
      expect(told).toContain(what);
    }
    expect(JSON.stringify(await check({ appToken: undefined }))).toContain("port 3000");
  });

  it("names the token that is refused, and where it is mended", async () => {
    const [bot, link] = await faults({ botToken: "xoxb-other", appToken: "xapp-other" });
    expect(bot).toMatch(/SLACK_BOT_TOKEN.*OAuth & Permissions/);
    expect(link).toMatch(/SLACK_APP_TOKEN.*App-Level Tokens/);
    expect(JSON.stringify([bot, link])).not.toContain("xoxb-other");
  });

  it("names the scopes that are missing, and what each is missed for", async () => {
    const poor = await startFakeSlack({
      now: Date.now,
      scopes: scopes.filter((scope) => scope !== "files:read"),
      events,
    });
    const [fault] = await faults({ apiUrl: poor.apiUrl });
    expect(fault).toContain("lacks the scopes files:read (to read files that people put beside a question)");
    expect(fault).toContain("npm run slack-manifest");
    await poor.close();
  });

  it("says that this workspace is not served", async () => {
    expect(await faults({}, ["T0OTHER"])).toEqual([
      expect.stringContaining("ALLOWED_WORKSPACES leaves out T0EVERGREEN"),
    ]);
    expect(await faults({}, ["T0OTHER", "T0EVERGREEN"])).toEqual([]);
  });

  it("says that Slack cannot be reached", async () => {
    const [bot] = await faults({ apiUrl: "http://127.0.0.1:9/api/" });
    expect(bot).toContain("cannot be reached");
  });
});
