import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { type SlackWorld, startSlackWorld } from "../slack-support.js";

const FRAMES = process.env.SOAK ? 10_000 : 300;

/** Each of these ended the process with the stock client. */
const DEADLY = [
  "null",
  '{"type":"events_api","envelope_id":"e1"}',
  '{"type":"events_api","envelope_id":"e2","payload":null}',
  '{"type":"events_api","envelope_id":"e3","payload":{"type":"app_rate_limited","team_id":"T0EVERGREEN","minute_rate_limited":1,"api_app_id":"A0APP"}}',
  '{"type":"events_api","envelope_id":"e4","payload":{"type":"event_callback","team_id":"T1","event":{"type":"close"}}}',
  '{"type":"events_api","envelope_id":"e5","payload":{"type":"event_callback","team_id":"T1","event":{"type":"error","user":null}}}',
  '{"type":"events_api","envelope_id":"e6","payload":{"type":"event_callback","team_id":"T1","event":{"type":"message","item":7}}}',
  '{"type":"interactive","envelope_id":"e7","payload":{"type":"view_submission"}}',
  '{"type":"slash_commands","envelope_id":"e8","payload":{"command":"/models"}}',
  '{"type":"ws_message"}',
  '{"type":7}',
  "[]",
  '"hello"',
  "{",
  "",
];

/** Frames that look like Slack's, with anything in any field. */
const frames = fc.record(
  {
    type: fc.oneof(fc.constantFrom("events_api", "slash_commands", "interactive", "hello"), fc.string()),
    envelope_id: fc.oneof(fc.string(), fc.jsonValue()),
    payload: fc.oneof(
      fc.record(
        {
          type: fc.oneof(
            fc.constantFrom(
              "event_callback",
              "block_actions",
              "block_suggestion",
              "message_action",
              "app_rate_limited",
              "view_closed",
            ),
            fc.jsonValue(),
          ),
          team_id: fc.oneof(fc.constant("T0EVERGREEN"), fc.jsonValue()),
          action_id: fc.oneof(fc.constantFrom("pick:/models use ", "control-0"), fc.jsonValue()),
          callback_id: fc.oneof(fc.constantFrom("evergreen_retry", "evergreen_stop"), fc.jsonValue()),
          channel: fc.oneof(fc.record({ id: fc.constantFrom("C0GENERAL", "D0ADA") }), fc.jsonValue()),
          view: fc.jsonValue(),
          container: fc.jsonValue(),
          message: fc.jsonValue(),
          response_url: fc.jsonValue(),
          value: fc.jsonValue(),
          command: fc.jsonValue(),
          user_id: fc.jsonValue(),
          channel_id: fc.jsonValue(),
          user: fc.oneof(fc.record({ id: fc.string() }), fc.jsonValue()),
          team: fc.oneof(fc.record({ id: fc.string() }), fc.jsonValue()),
          actions: fc.array(fc.oneof(fc.record({ type: fc.string(), action_id: fc.string() }), fc.jsonValue())),
          authorizations: fc.jsonValue(),
          event: fc.oneof(
            fc.record(
              {
                type: fc.constantFrom(
                  "app_mention",
                  "message",
                  "reaction_added",
                  "message_changed",
                  "app_home_opened",
                  "agent_session_stopped",
                  "assistant_thread_started",
                  "tokens_revoked",
                  "app_context_changed",
                  "function_executed",
                  "error",
                ),
                channel: fc.oneof(fc.constantFrom("C0GENERAL", "D0ADA"), fc.jsonValue()),
                thread_ts: fc.jsonValue(),
                streaming_message_ts: fc.jsonValue(),
                assistant_thread: fc.jsonValue(),
                app_context: fc.jsonValue(),
                files: fc.jsonValue(),
                tab: fc.jsonValue(),
                user: fc.jsonValue(),
                item: fc.jsonValue(),
                ts: fc.jsonValue(),
                text: fc.jsonValue(),
                message: fc.jsonValue(),
              },
              { requiredKeys: ["type"] },
            ),
            fc.jsonValue(),
          ),
        },
        { requiredKeys: [] },
      ),
      fc.jsonValue(),
    ),
  },
  { requiredKeys: [] },
);

describe("frames of a Slack connection", () => {
  let world: SlackWorld | undefined;
  afterEach(() => world?.close());

  it(`end nothing, whatever ${FRAMES} of them hold, and the bot answers afterwards`, async () => {
    world = await startSlackWorld();
    const { slack, until, clock } = world;
    for (const frame of DEADLY) slack.sockets.sendRaw(frame);
    slack.sockets.sendRaw(Buffer.from([0, 255, 1]));
    for (const frame of fc.sample(frames, FRAMES)) slack.sockets.sendRaw(JSON.stringify(frame));
    await clock.advance(5_000);
    // Unhandled rejections would fail the whole run.
    const ts = await slack.mention("still there?");
    await until("an answer", () => slack.marksOf("C0GENERAL", ts).includes("white_check_mark"));
    expect(slack.sockets.made()).toBeLessThanOrEqual(2);
  });
});
