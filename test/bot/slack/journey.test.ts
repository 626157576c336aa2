import { afterEach, describe, expect, it } from "vitest";
import { type SlackWorld, startSlackWorld } from "./slack-support.js";

describe("Slack by Socket Mode", () => {
  let world: SlackWorld | undefined;
  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it("answers a mention in a thread, with an end mark", async () => {
    world = await startSlackWorld();
    const { slack, until } = world;
    const ts = await slack.mention("What is a &lt;tree&gt;?");
    await until("an end mark", () => slack.marksOf("C0GENERAL", ts).includes("white_check_mark"));
    const [text] = slack.textsIn("C0GENERAL", ts);
    expect(text).toContain("tree");
    expect(slack.unacknowledged).toEqual([]);
  });
});
