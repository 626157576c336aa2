import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/base/config/config.js";
import { passwordsIn } from "../../src/base/config/variables.js";
import { createScrubber } from "../../src/base/log.js";

describe("passwordsIn()", () => {
  it.each([
    ["redis://:hunter2@host:6379/0", ["hunter2"]],
    ["rediss://user:hunter2@host", ["hunter2"]],
    ["postgres://user:p%40ss%2Fword@host/db", ["p%40ss%2Fword", "p@ss/word"]],
    ["postgres://host/db?user=me&password=in-query", ["in-query"]],
    // Nobody has escaped it, and some of these are no URL at all.
    ["postgres://user:p@ss/w#rd@host/db", ["p@ss/w#rd"]],
    ["postgres://user:100%@host/db", ["100%"]],
    ["postgres://user:secret@a b/db", ["secret"]],
  ])("finds it in %s", (address, passwords) => {
    expect(passwordsIn(address)).toEqual(expect.arrayContaining(passwords));
  });

  it.each([
    "sqlite://data/evergreen.sqlite",
    "sqlite:///var/lib/evergreen.sqlite",
    "redis://host:6379/0",
    "postgres://user@host/db",
  ])("finds none in %s", (address) => {
    expect(passwordsIn(address)).toEqual([]);
  });
});

describe("parseConfig()", () => {
  it("hands the password of STORE_URL to the scrubber, in every form", () => {
    const parsed = parseConfig(
      { STORE_URL: "postgres://user:p%40ss-word@host/db" },
      { providers: [], platforms: [], storeSchemes: ["postgres"] },
    );
    const scrub = createScrubber("config" in parsed ? parsed.config.secrets : []);
    expect(scrub("p%40ss-word p@ss-word")).toBe("[secret] [secret]");
  });
});
