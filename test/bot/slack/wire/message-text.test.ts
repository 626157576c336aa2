import { expect, it } from "vitest";
import { rawContentOf } from "../../../../src/bot/slack/wire/message-text.js";

const LINK = "https://acme.slack.com/archives/C2/p1700000005000001";

it.each([
  ["in a thread", `${LINK}?thread_ts=1700000004.000001&cid=C2`, "1700000004.000001"],
  ["in a channel, as the first of a thread of its own", LINK, "1700000005.000001"],
  ["somewhere that has no link", undefined, "1700000005.000001"],
])("a shared message tells where it was written: %s", (_where, from_url, thread) => {
  const shared = { is_share: true, text: "the disk is full", channel_id: "C2", ts: "1700000005.000001", from_url };
  const { beside } = rawContentOf({ text: "look", attachments: [shared] });
  expect(beside).toMatchObject([{ isShared: true, origin: { channel: "C2", ts: "1700000005.000001", thread } }]);
});

it("an alert's attachment comes from no other message, whatever it claims", () => {
  const { beside } = rawContentOf({ attachments: [{ text: "the disk is full", channel_id: "C2", ts: "5.1" }] });
  expect(beside).toMatchObject([{ isShared: false, origin: undefined }]);
});
