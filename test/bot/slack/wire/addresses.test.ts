import { describe, expect, it } from "vitest";
import { isFileAddress, isResponseAddress } from "../../../../src/bot/slack/wire/addresses.js";

describe("isFileAddress()", () => {
  it.each([
    ["https://files.slack.com/files-pri/T1-F1/a.png", undefined, true],
    ["http://files.slack.com/a.png", undefined, false],
    ["https://files.slack.com:8443/a.png", undefined, false],
    ["https://user@files.slack.com/a.png", undefined, false],
    ["https://evil.example/files.slack.com/a.png", undefined, false],
    ["http://127.0.0.1:4003/f", undefined, false],
    ["http://127.0.0.1:4003/f", "http://127.0.0.1:4003/api/", true],
    ["http://localhost:4003/f", "http://127.0.0.1:4003/api/", true],
    ["http://[::1]:4003/f", "http://127.0.0.1:4003/api/", true],
    ["http://127.0.0.1:5000/f", "http://127.0.0.1:4003/api/", false],
    ["https://127.0.0.1:4003/f", "http://127.0.0.1:4003/api/", false],
    ["https://evil.example/f", "http://127.0.0.1:4003/api/", false],
    ["https://slack.internal/f", "https://slack.internal/api/", true],
    ["http://slack.internal/f", "https://slack.internal/api/", false],
  ])("takes %j with the API at %j: %j", (address, apiUrl, expected) => {
    expect(isFileAddress(address, apiUrl)).toBe(expected);
  });
});

describe("isResponseAddress()", () => {
  it.each([
    ["https://hooks.slack.com/commands/T1/2/x", undefined, true],
    ["https://hooks.slack.com/actions/T1/2/x", "https://slack.com/api/", true],
    ["https://hooks.slack-gov.com/commands/T1/2/x", undefined, true],
    ["http://hooks.slack.com/commands/T1/2/x", undefined, false],
    ["https://hooks.slack.com:8443/x", undefined, false],
    ["https://user@hooks.slack.com/x", undefined, false],
    ["https://hooks.slack.com.evil.example/x", undefined, false],
    ["https://evil.example/hooks.slack.com", undefined, false],
    ["http://169.254.169.254/latest/meta-data", undefined, false],
    ["http://127.0.0.1:8787/api/channels/x/messages", undefined, false],
    ["http://127.0.0.1:5000/response/1", "http://localhost:4003/api/", true],
    ["http://slack.internal:81/r", "https://slack.internal/api/", true],
    ["http://169.254.169.254/latest/meta-data", "https://slack.internal/api/", false],
    ["file:///etc/passwd", "https://slack.internal/api/", false],
    ["nonsense", undefined, false],
  ])("takes %j with the API at %j: %j", (address, apiUrl, expected) => {
    expect(isResponseAddress(address, apiUrl)).toBe(expected);
  });
});
