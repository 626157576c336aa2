import { describe, expect, it } from "vitest";
import { answerOf, refusalOf } from "../../../../src/bot/discord/wire/answer.js";

const read = (status: number, body: string, headers: Record<string, string> = {}) =>
  answerOf(status, new Headers(headers), body);

describe("answerOf()", () => {
  it("reads JSON, nothing, and what is neither", () => {
    expect(read(200, '{"id":"1"}')).toMatchObject({ status: 200, body: { id: "1" }, limited: undefined });
    expect(read(204, "").body).toBeUndefined();
    expect(read(502, "<html>Bad gateway</html>")).toMatchObject({ body: undefined, code: undefined });
    expect(read(404, '{"message":"Unknown Message","code":10008}')).toMatchObject({
      code: 10008,
      message: "Unknown Message",
    });
  });

  it.each([
    ["a bucket's limit", '{"message":"limited","retry_after":1.337,"global":false}', {}, 1_337, false],
    ["one that others use up", '{"retry_after":2}', { "x-ratelimit-scope": "shared" }, 2_000, false],
    ["the limit of all calls", '{"retry_after":0.5,"global":true}', {}, 500, true],
    ["the same by its header alone", "{}", { "x-ratelimit-global": "true", "retry-after": "3" }, 3_000, true],
    ["a ban of the address, told by a page", "<html>1015</html>", { "retry-after": "900" }, 900_000, true],
    ["no word of how long", "{}", {}, 1_000, false],
    ["one of @discordjs/proxy's own, without a text", "", { "retry-after": "0.25" }, 250, false],
    ["one of Nirn-proxy's own", '{"global":false,"retry_after":1}', { "generated-by-proxy": "true" }, 1_000, false],
  ])("takes %s from a refusal", (_what, body, headers, retryAfterMs, isGlobal) => {
    const answer = read(429, body, headers);
    expect(answer.limited).toEqual({ retryAfterMs, isGlobal });
    const error = refusalOf(answer, "posting a message");
    expect(error).toMatchObject({ reason: "rate-limited", retryAfterMs, isRetryable: true });
  });

  it("does not take the cap on edits of old messages for a limit on the rate", () => {
    const answer = read(429, '{"message":"Maximum number of edits","code":30046,"retry_after":5}');
    expect(answer.limited).toBeUndefined();
    expect(refusalOf(answer, "editing a message").reason).toBe("edit-cap");
  });

  it("tells a proxy's own refusals and failures from Discord's", () => {
    const own = { "generated-by-proxy": "true" };
    const said = (status: number, headers: Record<string, string>) => refusalOf(read(status, "{}", headers), "x");
    expect(said(429, own).message).toMatch(/^The proxy behind DISCORD_API_URL limits/);
    expect(said(429, {}).message).toMatch(/^Discord limits/);
    expect(said(502, own).message).toMatch(/^The proxy behind DISCORD_API_URL failed/);
    expect(said(502, {}).message).toMatch(/^Discord's servers failed/);
    expect(said(408, own)).toMatchObject({ reason: "unavailable", isRetryable: true }); // Nirn-proxy's deadline
  });

  it("takes a redirect for something that stands between, not for an answer of Discord's", () => {
    expect(refusalOf(read(302, "", { location: "https://example.com" }), "x")).toMatchObject({
      reason: "unavailable",
      isRetryable: true,
    });
  });
});
