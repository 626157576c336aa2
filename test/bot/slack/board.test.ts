import { afterEach, describe, expect, it } from "vitest";
import { readOf } from "../../support/fake-slack-workspace.js";
import { type SlackWorld, startSlackWorld } from "./slack-support.js";

describe("the board on Slack", () => {
  let world: SlackWorld | undefined;
  afterEach(() => world?.close());

  it("is posted with its reactions, which do what the commands may do", async () => {
    world = await startSlackWorld();
    const { slack, until } = world;
    await slack.slash("/models board", { user: "U0BEN" });
    await until("a refusal", () => slack.ephemeralsOf("U0BEN")[0]?.includes("🔒"));
    expect(slack.answers()).toEqual([]);

    await slack.slash("/models board");
    const board = await until("the board", () => slack.answers()[0]);
    const names = ["arrows_counterclockwise", "black_right_pointing_triangle_with_double_vertical_bar", "stopwatch"];
    await until("its reactions", () => names.every((name) => board.reactions.has(name)));
    expect(board.thread).toBeUndefined();

    const before = readOf(board);
    await slack.react(board, "black_right_pointing_triangle_with_double_vertical_bar", "U0BEN");
    await until("the ❌", () => board.reactions.has("x"));
    expect(readOf(board)).toBe(before);
    await until("the reason, for whoever pressed", () => slack.ephemeralsOf("U0BEN")[1]?.includes("🔒 Only operators"));
    expect(slack.answers()).toHaveLength(1);
    await until("its end", () => !board.reactions.has("x"));

    await slack.react(board, "black_right_pointing_triangle_with_double_vertical_bar", "U0ADA");
    await until("the change", () => readOf(board).includes("Auto-refresh: off"));
    await until("the ✅ and its end", () => !board.reactions.has("white_check_mark"));
    await slack.react(board, "arrows_counterclockwise", "U0BEN");
    await until("the ✅", () => board.reactions.has("white_check_mark"));
    await until("its end", () => !board.reactions.has("white_check_mark"));

    // Slack may leave out whose message it is.
    const { channel, ts } = board;
    const press = { type: "reaction_added", user: "U0BEN", item: { type: "message", channel, ts } };
    const event = { ...press, reaction: "black_right_pointing_triangle_with_double_vertical_bar" };
    await slack.deliver("events_api", { type: "event_callback", team_id: "T0EVERGREEN", event_id: "EvPress", event });
    await until("the ❌", () => board.reactions.has("x"));
    await until("its end", () => !board.reactions.has("x"));

    // Slack may deliver it twice: what it turns on is not turned off again.
    const body = {
      type: "event_callback",
      team_id: "T0EVERGREEN",
      event_id: "EvTwice",
      event: { ...event, user: "U0ADA" },
    };
    await slack.deliver("events_api", body);
    await slack.deliver("events_api", body);
    await until("the ✅", () => board.reactions.has("white_check_mark"));
    await until("its end", () => !board.reactions.has("white_check_mark"));
    expect(readOf(board)).toContain("Auto-refresh: on");
  });
});
