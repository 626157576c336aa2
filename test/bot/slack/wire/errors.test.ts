import { webApi } from "@slack/bolt";
import { describe, expect, it } from "vitest";
import { fromSlackError } from "../../../../src/bot/slack/wire/errors.js";

const refusedWith = (code: string) =>
  fromSlackError("chat.update", new webApi.WebAPIPlatformError({ ok: false, error: code }));

describe("fromSlackError()", () => {
  it.each([
    ["gone", ["message_not_found", "channel_not_found", "is_archived", "thread_not_found", "user_not_found"]],
    ["not-editable", ["cant_update_message", "edit_window_closed"]],
    ["forbidden", ["not_in_channel", "restricted_action", "restricted_action_thread_locked", "missing_scope"]],
    ["forbidden", ["invalid_auth", "token_revoked", "account_inactive"]],
    ["rate-limited", ["ratelimited", "message_limit_exceeded"]],
    [
      "unavailable",
      ["internal_error", "fatal_error", "org_login_required", "update_failed", "<html>Bad gateway</html>"],
    ],
    ["refused", ["invalid_blocks", "msg_too_long", "no_text", "cannot_reply_to_message", "something_new"]],
  ] as const)("takes what Slack says for %s", (reason, codes) => {
    for (const code of codes) expect(refusedWith(code).reason, code).toBe(reason);
  });

  it("says what a refusal means for people, or else what Slack said", () => {
    expect(refusedWith("not_in_channel").why).toContain("`/invite @Evergreen`");
    expect(refusedWith("something_new").why).toBe("Slack refused it (`something_new`)");
    expect(refusedWith("fatal_error").why).toBeUndefined();
  });
});
