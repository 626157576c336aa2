import { describe, expect, it } from "vitest";
import { createLog, createScrubber } from "../../src/base/log.js";

function logged(
  secrets: readonly string[],
  write: (log: ReturnType<typeof createLog>) => void,
  level = "debug",
): string {
  const lines: string[] = [];
  write(createLog({ level, secrets, destination: { write: (line) => void lines.push(line) } }));
  return lines.join("");
}

describe("createLog()", () => {
  it("writes JSON lines with level, time and message", () => {
    const line = JSON.parse(logged([], (log) => log.info({ provider: "openai" }, "hello")));
    expect(line).toMatchObject({ level: "info", provider: "openai", msg: "hello" });
    expect(Date.parse(line.time)).not.toBeNaN();
  });

  it("blanks a secret in fields, texts, error messages, causes and stacks", () => {
    const secret = 'p"ss/wörd+1';
    const error = new Error(`refused ${secret}`, { cause: new Error(`because of ${secret}`) });
    const lines = logged([secret], (log) => {
      log.warn({ error, url: `http://host/?key=${encodeURIComponent(secret)}`, secret }, `tried ${secret}`);
    });
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
      expect(lines).not.toContain(form);
    expect(lines.match(/\[secret\]/g)?.length).toBeGreaterThanOrEqual(5);
    expect(() => JSON.parse(lines)).not.toThrow();
  });

  it("says nothing below its level", () => {
    expect(logged([], (log) => log.info("quiet"), "warn")).toBe("");
  });
});

describe("createScrubber()", () => {
  it.each([
    "sk-proj-abcdefgh12345678",
    "xoxb-123-456-abcdef",
    "xapp-1-A0-abcdef",
    "gsk_abcdefgh1234",
    "AIzaSyA1234567890123456789",
    "Bearer abc.def-ghi_jkl",
    // Made of parts, so that nobody's scanner takes them for real ones.
    ["MTA4NjI3OTM0NTY3ODkwMTIz", "GhIjKl", "abcdefghijklmnopqrstuvwxyz0123456789AB"].join("."),
    "https://hooks.slack.com/services/T0/B0/abcdef123456",
    "https://hooks.slack.com/commands/T0/123/abcdef",
    "https://hooks.slack-gov.com/actions/T0/123/abcdef",
  ])("blanks what is shaped like a key even when it was never configured: %s", (key) => {
    expect(createScrubber([])(`before ${key} after`)).toMatch(/^before (Bearer )?\[secret\] after$/);
  });

  it.each(["webhooks/123456789012345678", "interactions/123456789012345678"])("blanks the token of %s", (place) => {
    const address = `https://discord.com/api/v10/${place}/aW50ZXJhY3Rpb246MTIzNDU2Nzg5/callback`;
    expect(createScrubber([])(`POST ${address}`)).toBe("POST https://discord.com/api/v10[secret]/callback");
  });

  it("blanks the longer of two secrets that begin alike", () => {
    expect(createScrubber(["abc", "abcdef"])("x abcdef y")).toBe("x [secret] y");
  });

  it("leaves ordinary text alone", () => {
    expect(createScrubber(["hunter2"])("the hunters are two")).toBe("the hunters are two");
    expect(createScrubber([])("desk-top task-oriented risk-free")).toBe("desk-top task-oriented risk-free");
  });
});
