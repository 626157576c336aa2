import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/base/errors.js";
import { intervalOption } from "../../../src/commands/auto-refresh-setting.js";
import type { Options } from "../../../src/commands/command.js";
import { type Command, defineCommand } from "../../../src/commands/command.js";
import { format, parse, parseArguments, parseNative } from "../../../src/commands/grammar/parse.js";
import { cpuMsOf } from "../../support/bounded-time.js";
import { harness } from "../harness.js";

const command = (path: string, options: Options): Command =>
  defineCommand({
    path,
    about: "a command",
    access: "anyone",
    visibility: "ephemeral",
    options,
    async *run() {},
  });

const autoRefresh = harness().dispatcher.find("/settings auto-refresh") ?? command("none", {});
const args = (rest: string, of: Command = autoRefresh) => parseArguments(of, rest);
const faultOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return "no fault";
};
const system = command("chat system", { text: { kind: "text", about: "the prompt", maxChars: 50 } });
const words = command("two words", {
  first: { kind: "word", about: "the first", isRequired: true },
  second: { kind: "word", about: "the second" },
});
const list = command("models list", {
  provider: { kind: "word", about: "a provider", accepts: (value) => ["openai", "demo"].includes(value) },
  search: { kind: "text", about: "a search", maxChars: 200 },
});

describe("parseArguments()", () => {
  it.each([
    ["on 10", { enabled: true, interval: "10" }],
    ["10 on", { enabled: true, interval: "10" }],
    ["10", { interval: "10" }],
    ["1", { interval: "1" }],
    ["interval:10", { interval: "10" }],
    ["interval: 10", { interval: "10" }],
    ["INTERVAL:10 Enabled:OFF", { interval: "10", enabled: false }],
    ["openai 5", { provider: "openai", interval: "5" }],
    ["provider:openai default", { provider: "openai", interval: "default" }],
    ["OpenAI Smart", { provider: "openai", interval: "smart" }],
    ["provider:OPENAI", { provider: "openai" }],
    ["yes", { enabled: true }],
    ["FALSE", { enabled: false }],
    ["no 3", { enabled: false, interval: "3" }],
    ["10 min", { interval: "10" }],
    ["10m openai", { interval: "10", provider: "openai" }],
    ["1 minute on", { interval: "1", enabled: true }],
    ["15 minutes (minimal use)", { interval: "15" }],
    ["interval:5 minutes off", { interval: "5", enabled: false }],
    ['"on" “10”', { enabled: true, interval: "10" }],
    ["interval:'10 min'", { interval: "10" }],
    ["  on\n\t10  ", { enabled: true, interval: "10" }],
    ["on\u200b 1\u200d0", { enabled: true, interval: "10" }],
    ["", {}],
    ["\u0000 \u200b", {}],
  ])("reads %j of /settings auto-refresh", (rest, expected) => {
    expect(args(rest)).toEqual(expected);
  });

  it("says what a command takes when a value fits nowhere", () => {
    const fault = faultOf(() => args("evry 5"));
    expect(fault).toContain("`evry`");
    expect(fault).toContain("`on` or `off`");
    expect(fault).toContain("1, 3, 5, 10, 15 or `smart`");
    expect(fault).toContain("`openai` or `demo`");
  });

  it.each(["7", "0", "2 on", "on off", "10 5", "16", "-5", "1e1", "１０", "1 0"])("refuses %j", (rest) => {
    expect(faultOf(() => args(rest))).toContain("`/settings auto-refresh` takes");
  });

  it("says what a named option takes", () => {
    expect(faultOf(() => args("interval:7"))).toBe(
      "`interval` takes 1, 3, 5, 10, 15 or `smart` (or `default`), not `7`.",
    );
    expect(faultOf(() => args("provider:nosuch"))).toContain("`openai` or `demo`");
    expect(faultOf(() => args("enabled:10"))).toBe("`enabled` takes `on` or `off`, not `10`.");
  });

  it("refuses an option that is given twice", () => {
    expect(faultOf(() => args("interval:5 interval:10"))).toContain("`interval` is given twice");
  });

  it.each(["__proto__:x", "constructor", "toString:1", "hasOwnProperty"])("takes %j for no option", (rest) => {
    expect(faultOf(() => args(rest))).toContain("don't understand");
  });

  it("keeps a colon that names no option", () => {
    expect(args("ollama/llama3:8b", words)).toEqual({ first: "ollama/llama3:8b" });
    expect(args("second:a first:b:c", words)).toEqual({ first: "b:c", second: "a" });
  });

  it.each([
    ['"two words" x', "two words"],
    ["'two words' x", "two words"],
    ["“two words” x", "two words"],
    ["‘two words’ x", "two words"],
    ['first:"two words" x', "two words"],
    ['"it said ""no""" x', 'it said "no"'],
  ])("groups %s by its quotes", (rest, first) => {
    expect(args(rest, words)).toEqual({ first, second: "x" });
  });

  it("reads a flood of open quotes without delay", () => {
    const spentMs = cpuMsOf(() => {
      expect(faultOf(() => args("“ ".repeat(50_000), words))).toContain("don't understand");
      expect(faultOf(() => args('"" '.repeat(50_000), words))).toContain("needs");
      expect(faultOf(() => args("“a ””b ".repeat(50_000), words))).toContain("don't understand");
    });
    expect(spentMs).toBeLessThan(3_000);
  });

  it("takes an apostrophe and an open quote as they are", () => {
    expect(args(`don't "open`, words)).toEqual({ first: "don't", second: '"open' });
  });

  it("gives the rest of the line to a last option of free text, as typed", () => {
    const text = 'Say "hi",  text:twice\nand  don\'t stop 👩‍💻';
    expect(args(`  ${text} `, system)).toEqual({ text });
    expect(args(`text:${text}`, system)).toEqual({ text });
    expect(args("openai gpt 5", list)).toEqual({ provider: "openai", search: "gpt 5" });
    expect(args("gpt 5 openai", list)).toEqual({ search: "gpt 5 openai" });
    expect(args('search:"gpt 5" openai', list)).toEqual({ search: "gpt 5", provider: "openai" });
  });

  it("takes quotes away that stand around all of a free text, and no others", () => {
    expect(args('"be brief"  ', system)).toEqual({ text: "be brief" });
    expect(args("“be brief”", system)).toEqual({ text: "be brief" });
    expect(args('"be" and "brief"', system)).toEqual({ text: '"be" and "brief"' });
    expect(args('openai "gpt 5"', list)).toEqual({ provider: "openai", search: "gpt 5" });
  });

  it("removes what stores refuse from free text", () => {
    expect(args("a\u0000b\r\nc\u0007", system)).toEqual({ text: "ab\nc" });
  });

  it("accepts text of exactly its longest length", () => {
    expect(args("x".repeat(50), system)).toEqual({ text: "x".repeat(50) });
    expect(faultOf(() => args("x".repeat(51), system))).toBe(
      "`text` is too long: 51 characters, and at most 50 are allowed.",
    );
  });

  it("accepts a word of exactly its longest length", () => {
    expect(args(`first:${"x".repeat(200)}`, words)).toEqual({ first: "x".repeat(200) });
    expect(faultOf(() => args(`first:${"x".repeat(201)}`, words))).toContain(
      "201 characters, and at most 200 are allowed",
    );
  });

  it("shows how a command is typed when a value is missing", () => {
    expect(faultOf(() => args("", words))).toBe(
      "`/two words` needs `first`: the first. Type it as `/two words FIRST [second]`.",
    );
  });

  it("says so when a command takes nothing", () => {
    expect(faultOf(() => args("please", command("chat stop", {})))).toContain("`/chat stop` takes nothing");
  });

  it("throws nothing but a UserError, whatever is typed", () => {
    const commands = [autoRefresh, system, words, list];
    const pieces = fc.constantFrom(
      "on",
      "10",
      "interval:",
      "provider:",
      '"',
      "“",
      "”",
      "'",
      " ",
      "\n",
      "\u0000",
      "`",
      "😀",
    );
    const typed = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(fc.oneof(pieces, fc.string())).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(fc.constantFrom(...commands), typed, (of, rest) => {
        expect(faultOf(() => args(rest, of))).toBeTypeOf("string");
      }),
    );
  });
});

describe("parse()", () => {
  const { commands } = harness().dispatcher;
  const pathOf = (text: string) => parse(commands, text).command.path;

  it.each([
    ["/models status", "models status"],
    ["!models status", "models status"],
    ["! models status", "models status"],
    ["/MODELS  Status", "models status"],
    ["  /refresh-models openai", "refresh-models"],
    ["models status", "models status"],
    ["/models\u00a0status\u200b", "models status"],
  ])("finds the command of %j", (text, path) => {
    expect(pathOf(text)).toBe(path);
  });

  it("prefers the longest path", () => {
    const both = [command("chat", { text: { kind: "text", about: "", maxChars: 9 } }), command("chat new", {})];
    expect(parse(both, "/chat new").command.path).toBe("chat new");
    expect(parse(both, "/chat newer")).toMatchObject({ command: { path: "chat" }, args: { text: "newer" } });
  });

  it.each([
    ["/modles status", "Did you mean `/models status`?"],
    ["/models stauts", "Did you mean `/models status`?"],
    ["/refreshmodels", "Did you mean `/refresh-models`?"],
    ["/hepl", "Did you mean `/help`?"],
    ["/models", "`/models` needs one more word: `/models status`, "],
    ["/models nonsense", "There is no command `/models nonsense`. Available: `/models status`,"],
    ["/", "Name a command. Available: `/refresh-models`,"],
    ["/__proto__", "There is no command `/__proto__`."],
    ["/\u0000\u200b", "Name a command."],
  ])("answers %j with what there is", (text, expected) => {
    expect(faultOf(() => pathOf(text))).toContain(expected);
  });

  it("answers 10,000 characters shortly", () => {
    expect(faultOf(() => pathOf(`/${"x".repeat(10_000)}`)).length).toBeLessThan(700);
    expect(faultOf(() => pathOf(`/help ${"`x".repeat(5_000)}`)).length).toBeLessThan(300);
  });
});

describe("parseNative()", () => {
  it("reads typed options by name", () => {
    expect(parseNative(autoRefresh, { enabled: true, interval: "10", provider: "openai" })).toEqual({
      enabled: true,
      interval: "10",
      provider: "openai",
    });
    expect(parseNative(autoRefresh, { enabled: false, interval: 5 })).toEqual({ enabled: false, interval: "5" });
  });

  it("takes absent, null and empty values for unset", () => {
    expect(parseNative(autoRefresh, { enabled: undefined, interval: null, provider: " " })).toEqual({});
  });

  it.each([
    [{ interval: "7" }, "`interval` takes"],
    [{ provider: "nosuch" }, "`provider` takes"],
    [{ enabled: 1 }, "`enabled` takes"],
    [{ nothing: "x" }, "There is no option `nothing`."],
    [JSON.parse('{"__proto__":"x"}'), "There is no option `__proto__`."],
  ])("refuses %j", (given, expected) => {
    expect(faultOf(() => parseNative(autoRefresh, given))).toContain(expected);
  });

  it("asks for what is missing", () => {
    expect(faultOf(() => parseNative(words, {}))).toContain("needs `first`");
  });
});

describe("format()", () => {
  const printable = fc.string({ minLength: 1, maxLength: 40 }).filter((value) => value.trim() !== "");

  it("writes words, quotes and all, that parse() reads back", () => {
    fc.assert(
      fc.property(printable, fc.option(printable, { nil: undefined }), (first, second) => {
        const expected = second === undefined ? { first } : { first, second };
        const trimmed = Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, value.trim()]));
        expect(parse([words], format(words, expected)).args).toEqual(trimmed);
      }),
    );
  });

  it("writes free text that parse() reads back", () => {
    fc.assert(
      fc.property(printable, (text) => {
        expect(parse([system], format(system, { text })).args).toEqual({ text: text.trim() });
      }),
    );
  });

  it("writes flags and choices that parse() reads back", () => {
    const values = intervalOption.values.map(({ value }) => value);
    fc.assert(
      fc.property(fc.constantFrom(...values), fc.boolean(), (interval, enabled) => {
        expect(parse([autoRefresh], format(autoRefresh, { enabled, interval })).args).toEqual({ enabled, interval });
      }),
    );
  });
});
