import type { ReceiverEvent } from "@slack/bolt";
import { describe, expect, it } from "vitest";
import { createLog } from "../../../../src/base/log.js";
import { createIntake } from "../../../../src/bot/slack/link/intake.js";
import { createHealth } from "../../../../src/bot/slack/wire/health.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";

const body = { type: "event_callback", team_id: "T1", event_id: "Ev1", event: { type: "message" } };

describe("createIntake()", () => {
  const start = (processEvent: (event: ReceiverEvent) => Promise<void>) => {
    const clock = fakeClock();
    const acknowledged: unknown[] = [];
    const log = createLog({ level: "silent", secrets: [] });
    const health = createHealth(log);
    health.set("link", undefined);
    const intake = createIntake({ clock, log, health, teamId: "T1", apiUrl: undefined, onGap() {}, processEvent });
    const take = (given: unknown = body) => intake.take(given, async (response) => void acknowledged.push(response));
    return { clock, acknowledged, take, health };
  };

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
