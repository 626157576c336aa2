import type { ReceiverEvent } from "@slack/bolt";
import { describe, expect, it } from "vitest";
import { createLog } from "../../../../src/base/log.js";
import { createIntake, strangeTeamOf } from "../../../../src/bot/slack/link/intake.js";
import { createHealth } from "../../../../src/bot/slack/wire/health.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";

const body = { type: "event_callback", team_id: "T1", event_id: "Ev1", event: { type: "message" } };

describe("createIntake()", () => {
  const start = (processEvent: (event: ReceiverEvent) => Promise<void>) => {
    const clock = fakeClock();
    const acknowledged: unknown[] = [];
    const strange: string[] = [];
    const onStrangeTeam = (team: string) => void strange.push(team);
    const log = createLog({ level: "silent", secrets: [] });
    const health = createHealth(log);
    health.set("link", undefined);
    const intake = createIntake({
      clock,
      log,
      health,
      identity: { teamId: "T1", botUserId: "U0BOT" },
      apiUrl: undefined,
      onGap() {},
      onStrangeTeam,
      processEvent,
    });
    const take = (given: unknown = body) => intake.take(given, async (response) => void acknowledged.push(response));
    return { clock, acknowledged, take, health, strange };
  };

  it("acknowledges and drops what is for another team, whatever it is, and tells of each team once", async () => {
    const processed: unknown[] = [];
    const { acknowledged, take, strange } = start(async (event) => void processed.push(event));
    const command = { command: "/usage", team_id: "T2", user_id: "U1", channel_id: "C1", enterprise_id: "E2" };
    const press = { type: "block_actions", user: { id: "U1" }, actions: [{ type: "button", action_id: "a" }] };
    for (const given of [
      { ...body, team_id: "T2" },
      { ...body, authorizations: [{ team_id: "T2" }] },
      command,
      { ...press, team: { id: "T2" } },
      { ...press, team: null, enterprise: { id: "E2" } },
      { type: "app_rate_limited", team_id: "T3" },
    ])
      await take(given);
    expect([processed, acknowledged.length, strange]).toEqual([[], 6, ["T2", "E2", "T3"]]);
  });

  it("acknowledges an event when what it asks for is stored, not before", async () => {
    let store = () => {};
    const { acknowledged, take } = start(
      () =>
        new Promise((resolve) => {
          store = resolve;
        }),
    );
    const taken = take();
    await settle();
    expect(acknowledged).toEqual([]);
    store();
    await taken;
    expect(acknowledged).toEqual([undefined]);
  });

  it("leaves an event that could not be stored, or not in time, to be delivered again", async () => {
    const failing = start(() => Promise.reject(new Error("the store is down")));
    await failing.take();
    expect(failing.acknowledged).toEqual([]);
    const hanging = start(() => new Promise(() => {}));
    const taken = hanging.take();
    await hanging.clock.advance(2_500);
    await taken;
    expect(hanging.acknowledged).toEqual([]);
  });

  it.each([{}, { team_id: undefined }, { team_id: null }, { team_id: "" }])(
    "takes an event with %j for one of the bot's own workspace",
    async (changes) => {
      const bodies: unknown[] = [];
      const { acknowledged, take } = start(async (event) => void bodies.push(event.body));
      await take({ ...body, ...changes });
      expect(bodies).toEqual([body]);
      expect(acknowledged).toEqual([undefined]);
    },
  );

  it("keeps an address for replies only where it is Slack's", async () => {
    const bodies: Record<string, unknown>[] = [];
    const { take } = start(async (event) => void bodies.push(event.body));
    const command = { command: "/help", team_id: "T1", user_id: "U1", channel_id: "C1" };
    for (const url of ["https://hooks.slack.com/commands/1", "https://evil.example/commands/1", 7])
      await take({ ...command, response_url: url });
    expect(bodies.map((each) => each.response_url)).toEqual([
      "https://hooks.slack.com/commands/1",
      undefined,
      undefined,
    ]);
  });

  it("tells for a minute that Slack holds events back", async () => {
    const { clock, take, health } = start(async () => {});
    await take({ type: "app_rate_limited", minute_rate_limited: 1 });
    await clock.advance(30_000);
    expect(health.fault()).toContain("app_rate_limited");
    await take({ type: "app_rate_limited", minute_rate_limited: 2 });
    await clock.advance(59_000);
    expect(health.fault()).toContain("app_rate_limited");
    await clock.advance(1_000);
    expect(health.fault()).toBeUndefined();
  });

  it("acknowledges and drops what is none of ours", async () => {
    const { acknowledged, take } = start(() => Promise.reject(new Error("never called")));
    for (const strange of [null, 7, "x", [], {}, { type: "app_rate_limited" }, { type: "view_submission" }])
      await take(strange);
    expect(acknowledged).toHaveLength(7);
  });
});

describe("strangeTeamOf()", () => {
  const own = { teamId: "T1", enterpriseId: "E1", botUserId: "U0BOT" };
  it.each([
    ["no team at all", { type: "event_callback" }],
    ["the own team", { team_id: "T1" }],
    ["an event of a shared channel", { team_id: "T2", authorizations: [{ team_id: "T1" }] }],
    ["an event of the organization's installation", { team_id: "T2", authorizations: [{ enterprise_id: "E1" }] }],
    ["a command of another workspace of the organization", { team_id: "T2", enterprise_id: "E1" }],
    ["a press in the organization", { team: null, enterprise: { id: "E1" } }],
    ["a guest's press that Slack names us for", { team: { id: "T2" }, authorizations: [{ team_id: "T1" }] }],
    ["a guest's press in the organization", { team: { id: "T2" }, enterprise: { id: "E1" } }],
    ["a guest's press on our message", { type: "block_actions", team: { id: "T2" }, message: { user: "U0BOT" } }],
    ["a guest's press on our view", { team: { id: "T2" }, view: { app_installed_team_id: "T1" } }],
    ["what is no delivery", "text"],
  ])("takes %s for our own", (_what, given) => {
    expect(strangeTeamOf(given, own)).toBeUndefined();
  });

  it.each([
    ["a team without the organization", { team_id: "T2" }],
    ["another organization", { team_id: "T2", enterprise_id: "E2" }],
    [
      "an event that others are authorized for",
      { team_id: "T1", authorizations: [{ team_id: "T2", enterprise_id: null }] },
    ],
    ["a press", { team: { id: "T2" } }],
    ["a press on another bot's message", { type: "block_actions", team: { id: "T2" }, message: { user: "U0OTHER" } }],
    [
      "another team's shortcut on our message",
      { type: "message_action", team: { id: "T2" }, message: { user: "U0BOT" } },
    ],
    ["a press on another installation's view", { team: { id: "T1" }, view: { app_installed_team_id: "T2" } }],
  ])("takes %s for strange", (_what, given) => {
    expect(strangeTeamOf(given, own)).toBe("T2");
  });

  it("takes no other organization for ours where ours is unknown", () => {
    expect(strangeTeamOf({ team_id: "T2", enterprise_id: "E2" }, { teamId: "T1", botUserId: "U0BOT" })).toBe("T2");
  });
});
