import type { webApi } from "@slack/bolt";
import { describe, expect, it } from "vitest";
import { createLog } from "../../../../src/base/log.js";
import { createBoltApp, sdkLogger } from "../../../../src/bot/slack/link/bolt.js";
import { botFault } from "../../../../src/bot/slack/wire/health.js";
import { identify } from "../../../../src/bot/slack/wire/identity.js";

const clientThatSays = (answer: unknown) => ({ auth: { test: async () => answer } }) as unknown as webApi.WebClient;
const told = { ok: true, team_id: "T1", user_id: "U0BOT" };

describe("identify()", () => {
  it("needs no bot id", async () => {
    const identity = { teamId: "T1", botUserId: "U0BOT", botId: undefined };
    expect(await identify(clientThatSays(told))).toEqual(identity);
    expect(await identify(clientThatSays({ ...told, bot_id: "B1" }))).toEqual({ ...identity, botId: "B1" });
  });

  it("tells an unexpected answer from none", async () => {
    const error = await identify(clientThatSays({ ok: true })).catch((thrown: unknown) => thrown);
    expect(botFault(error)).toContain("does not say who the bot is");
    expect(botFault(new Error("no route"))).toContain("cannot be reached");
  });
});

describe("createBoltApp()", () => {
  it("asks Slack nothing where the bot id is not known", async () => {
    const logger = sdkLogger(createLog({ level: "silent", secrets: [] }));
    const identity = { teamId: "T1", botUserId: "U0BOT", botId: undefined };
    const { app, processEvent } = await createBoltApp("xoxb-1", identity, {
      apiUrl: "http://127.0.0.1:9/api/",
      logger,
    });
    const seen: unknown[] = [];
    app.event("app_mention", async ({ event }) => void seen.push(event.ts));
    const event = { type: "app_mention", channel: "C1", user: "U1", text: "hi", ts: "1.1" };
    await processEvent({ body: { type: "event_callback", team_id: "T1", event }, ack: async () => {} });
    expect(seen).toEqual(["1.1"]);
  });
});
