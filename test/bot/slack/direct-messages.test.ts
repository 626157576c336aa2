import { afterAll, beforeAll, expect, it } from "vitest";
import { type SlackWorld, startSlackWorldBy } from "./slack-support.js";

let world: SlackWorld;

beforeAll(async () => {
  world = await startSlackWorldBy("socket", { ALLOWED_WORKSPACES: "T0EVERGREEN,900000000000000003" });
  await world.bot.tick();
}, 30_000);
afterAll(() => world.close());

it("answers direct messages of the team's own people where it is named, and of nobody else", async () => {
  const { slack, until } = world;
  slack.workspace.channels.set("D0FAR", { isArchived: false, hasBot: true });
  const far = await slack.dm("hello?", { user: "U0FAR", channel: "D0FAR" });
  const ben = await slack.dm("hello!", { user: "U0BEN", channel: "D0BEN" });
  await until("an end mark", () => slack.marksOf("D0BEN", ben).includes("white_check_mark"));
  await slack.slash("/usage", { user: "U0FAR", channel: "D0FAR" });
  await until("a refusal", () => slack.ephemeralsOf("U0FAR").length > 0);
  expect(slack.ephemeralsOf("U0FAR").at(-1)).toContain("🔒 I answer direct messages only from people");
  expect(slack.marksOf("D0FAR", far)).toEqual([]);
  expect(slack.textsIn("D0FAR")).toEqual([]);
});

it("asks to try again while Slack does not say who somebody is", async () => {
  const { slack, until } = world;
  // For what is known of the person, and for the team.
  for (let call = 0; call < 2; call++) slack.failNext("users.info", { error: "internal_error" });
  const asked = await slack.dm("hello?", { user: "U0OWNER", channel: "D0ADA" });
  await until("an end mark", () => slack.marksOf("D0ADA", asked).includes("x"));
  expect(slack.textsIn("D0ADA").join()).toMatch(/could not check.*try again/);
});
