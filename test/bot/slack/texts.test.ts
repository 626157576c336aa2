import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timeMark } from "../../../src/base/time.js";
import { readWritten } from "../../../src/bot/slack/receive/receive.js";
import { cutEscaped, render, toMrkdwn } from "../../../src/bot/slack/send/render.js";
import { keptText } from "../../../src/bot/slack/send/send.js";
import { emojiOfName, nameOfEmoji, nameOfMark, readMentionText } from "../../../src/bot/slack/wire/notation.js";
import { asRead, checkBlocks, textOfBlocks } from "../../support/fake-slack-blocks.js";

describe("readMentionText()", () => {
  it.each([
    ["<@U0BOT> what is a tree?", "what is a tree?"],
    ["hey <@U0BOT|evergreen>, help", "hey help"],
    ["<@U0BOT>: a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"],
    ["see <https://example.com/a?b=1&amp;c=2>", "see https://example.com/a?b=1&c=2"],
    ["see <https://example.com|example.com>", "see https://example.com"],
    ["see <https://example.com/x|the docs>", "see the docs (https://example.com/x)"],
    ["ask <@U7> in <#C1|general> <!here> <!subteam^S1|@team>", "ask @U7 in #general @here @team"],
    ["mail <mailto:a@b.c|a@b.c>", "mail a@b.c"],
    ["on <!date^1^{date}|today>", "on today"],
    ["<@U0BOT>   keeps\nlines\n\n  indented ", "keeps\nlines\n\n  indented"],
    ["<@U0BOT>", ""],
  ])("reads %j as its author typed it", (text, expected) => {
    expect(readMentionText(text, "U0BOT")).toBe(expected);
  });
});

describe("readWritten()", () => {
  const identity = { teamId: "T1", botUserId: "U0BOT", botId: "B1" };
  const event = { type: "app_mention", channel: "C1", ts: "1.1", user: "U1", text: "<@U0BOT> hi" };
  const isRead = (changes: Record<string, unknown>) =>
    readWritten({ ...event, ...changes }, identity, NOW) !== undefined;
  const NOW = 3_601_099;

  it("takes mentions, direct messages, and replies in threads", () => {
    expect(isRead({})).toBe(true);
    expect(isRead({ type: "message", channel_type: "channel" })).toBe(true);
    expect(isRead({ type: "message", channel: "D1", text: "hi" })).toBe(true);
    expect(isRead({ type: "message", text: "and this?", thread_ts: "1.0" })).toBe(true);
    expect(isRead({ subtype: "file_share" })).toBe(true);
  });

  it("takes an empty field for one that is left out", () => {
    for (const empty of ["", null]) {
      const changes = { bot_id: empty, subtype: empty, channel_type: empty, edited: empty, thread_ts: empty };
      expect(readWritten({ ...event, ...changes }, identity, NOW)).toEqual(readWritten(event, identity, NOW));
      expect(isRead({ type: "message", text: "to nobody", thread_ts: empty })).toBe(false);
    }
  });

  it("leaves bots, itself, edits, deletions and everything else alone", () => {
    expect(isRead({ user: "U0BOT" })).toBe(false);
    expect(isRead({ bot_id: "B2" })).toBe(false);
    expect(isRead({ user: "USLACKBOT" })).toBe(false);
    expect(isRead({ user: undefined })).toBe(false);
    for (const subtype of ["message_changed", "message_deleted", "bot_message", "channel_join", "message_replied"]) {
      expect(isRead({ subtype })).toBe(false);
    }
    expect(isRead({ type: "message", text: "to nobody" })).toBe(false);
  });

  it("takes a mention that is edited in while the message is under an hour old", () => {
    const edited = { user: "U1", ts: "1.2" };
    expect(isRead({ edited })).toBe(true);
    expect(isRead({ edited, ts: "1.098" })).toBe(false);
    expect(isRead({ edited, type: "message" })).toBe(false);
  });

  it.each([
    ["<@U7> what do you say?", false],
    ["hey <@U7>, can you check?", false],
    ["Thanks, <@U7|ben>!", false],
    ["👋 <!subteam^S1> please look", false],
    ["<!here> lunch?", false],
    ["can you check, <@U7>?", false],
    ["this is yours, cc <@U7>", false],
    ["what did <@U7> mean by that?", true],
    ["is it about <@U7>?", true],
    ["and this?", true],
    ["<@U7> asked: <@U0BOT> what is it?", true],
    ["<@U0BOT2> can you?", false],
  ])("takes %j in a thread as meant for the bot: %j", (text, expected) => {
    expect(isRead({ type: "message", text, thread_ts: "1.0" })).toBe(expected);
  });

  it("takes no longer id for its own", () => {
    expect(isRead({ type: "message", text: "x <@U0BOT2> y" })).toBe(false);
    expect(isRead({ type: "message", text: "x <@U0BOT|evergreen> y" })).toBe(true);
  });
});

describe("emoji", () => {
  it("has a name for every mark and every reaction of the board, and reads them back", () => {
    for (const emoji of ["👀", "⏳", "✅", "⚠️", "❌", "🔄", "⏯️", "⏱️"]) {
      const name = nameOfEmoji(emoji) ?? "";
      expect(name).not.toBe("");
      expect(emojiOfName(name)).toBe(emoji.replaceAll("\uFE0F", ""));
    }
    expect(nameOfMark("done")).toBe("white_check_mark");
    expect(emojiOfName("tada")).toBeUndefined();
  });
});

describe("render()", () => {
  const shown = (markdown: string) => {
    const { text, blocks } = render({ markdown });
    const checked = checkBlocks(blocks);
    if ("fault" in checked) throw new Error(checked.fault);
    return { text, asText: asRead(text), asBlocks: textOfBlocks(checked.blocks), blocks: checked.blocks };
  };

  it("keeps what would ping somebody as text, in the blocks and beside them", () => {
    const text = "<!channel> and <@U0ADA>, <#C1>, <https://evil.example|click> & <b>";
    const { asText, asBlocks } = shown(text);
    expect(asText).toBe(text);
    expect(asBlocks).toBe(text);
    const timed = shown(`${text} ${timeMark(0)}`);
    expect(timed.asBlocks).toBe(`${text} [1970-01-01 00:00 UTC]`);
    expect(timed.asText).toBe(`${text} 1970-01-01 00:00 UTC`);
  });

  it("never pings, whatever a model writes, and Slack takes all of it", () => {
    const part = fc.constantFrom(
      "<!channel>",
      "<@U1>",
      "<",
      ">",
      "&",
      "&lt;",
      "`",
      "```\n",
      "\n",
      "**",
      "[a](",
      ")",
      timeMark(5_000),
      "<t:",
      "x ",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string()), { maxLength: 200 }), (parts) => {
        const { asText, asBlocks, text } = shown(parts.join(""));
        expect(asText).not.toContain("⟦ping");
        expect(asBlocks).not.toContain("⟦ping");
        expect(text.length).toBeLessThanOrEqual(4_000);
      }),
    );
  });

  it("shows a whole long text, even one that is all brackets", () => {
    const brackets = "<".repeat(9_000);
    expect(shown(brackets).asBlocks.replaceAll("\n", "")).toBe(brackets);
    const plain = "word ".repeat(2_000).trim();
    expect(shown(plain).asBlocks).toBe(plain);
    expect(shown(plain).blocks).toHaveLength(1);
    expect(shown(plain).text).toHaveLength(4_000);
  });

  it("ends bold where a script without spaces goes on", () => {
    const { blocks } = render({ markdown: "**중요한**부분 **a** b" });
    expect(blocks).toEqual([{ type: "markdown", text: "**중요한**\u200b부분 **a** b" }]);
  });

  it("leaves the addresses of links as they are", () => {
    const { blocks } = render({ markdown: "[x](https://example.com/?a=1&b=2)" });
    expect(blocks).toEqual([{ type: "markdown", text: "[x](https://example.com/?a=1&b=2)" }]);
  });

  it("says something where there is nothing to say", () => {
    expect(shown("").asBlocks).toBe("…");
    expect(shown("  \n").text).not.toBe("");
  });
});

describe("toMrkdwn()", () => {
  it.each([
    ["**bold** and ~~gone~~", "*bold* and ~gone~"],
    ["**중요한**부분과 **a**b**c**", "*중요한*\u200b부분과 *a*\u200bb\u200b*c*"],
    ["「**重要**」は", "「*重要*」は"],
    ["# Title", "*Title*"],
    ["- one\n- two", "• one\n• two"],
    ["[docs](https://example.com/a)", "<https://example.com/a|docs>"],
    ["`**code** <b>`", "`**code** &lt;b&gt;`"],
    ["```js\na < b\n```", "```\na &lt; b\n```"],
    [timeMark(3_600_000), "<!date^3600^{date_short_pretty} at {time}|1970-01-01 01:00 UTC>"],
    [`\`${timeMark(0)}\``, "`&lt;t:0:R&gt;`"],
  ])("writes %j as Slack reads it", (markdown, expected) => {
    expect(toMrkdwn(markdown)).toBe(expected);
  });
});

describe("keptText()", () => {
  const rich = (elements: unknown) =>
    [{ type: "rich_text", elements }] as unknown as Parameters<typeof keptText>[0]["blocks"];

  it("takes the text, and the blocks where that is cut", () => {
    expect(keptText({ text: "a &lt; b", blocks: [] })).toBe("a < b");
    const long = "word ".repeat(1_000);
    const section = (text: string) => ({ type: "rich_text_section", elements: [{ type: "text", text }] });
    const list = { type: "rich_text_list", elements: [section("one"), section("two")] };
    const code = { type: "rich_text_preformatted", elements: [{ type: "text", text: "x < y" }] };
    const more = {
      type: "rich_text_section",
      elements: [
        { type: "link", url: "https://example.com" },
        { type: "emoji", name: "wave" },
      ],
    };
    const text = keptText({ text: "x".repeat(4_000), blocks: rich([section(long), list, code, more]) });
    expect(text).toBe([long, "- one\n- two", "```\nx < y\n```", "https://example.com:wave:"].join("\n"));
    expect(keptText({ text: "y".repeat(4_000), blocks: [{ type: "actions", elements: [] }] })).toBe("y".repeat(4_000));
  });
});

describe("cutEscaped()", () => {
  it("keeps what fits and tears no character apart", () => {
    expect(cutEscaped("abc", 3)).toBe("abc");
    expect(cutEscaped("abcd", 3)).toBe("ab…");
    expect(cutEscaped("a🌲🌲", 3)).toBe("a…");
    expect(cutEscaped("ab&amp;cd", 6)).toBe("ab…");
  });
});
