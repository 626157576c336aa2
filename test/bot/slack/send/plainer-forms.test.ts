import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createReplyStream } from "../../../../src/bot/delivery/reply-stream.js";
import { tablesAsCode } from "../../../../src/bot/slack/send/plainer-forms.js";
import { RATE_CONTROLS } from "../../../../src/bot/turn/answer-controls.js";
import type { Control } from "../../../../src/commands/command.js";
import { type SlackAdapter, startAdapter } from "../slack-adapter.js";

const STOP: readonly Control[] = [{ label: "Stop", command: "/chat stop" }];
const RETRY: readonly Control[] = [{ label: "Retry", command: "/chat retry" }];
const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
const table = (rows: number, columns: number, cell = (index: number) => `c${index}`) =>
  [
    row(Array.from({ length: columns }, (_, index) => `h${index}`)),
    row(Array.from({ length: columns }, () => "---")),
    ...Array.from({ length: rows }, (_, at) =>
      row(Array.from({ length: columns }, (_, index) => cell(at * columns + index))),
    ),
  ].join("\n");

const TABLES = [
  ["55 rows", table(55, 2)],
  ["31 columns", table(2, 31)],
  ["empty cells", table(3, 3, (index) => (index % 2 === 0 ? "" : "x"))],
  ["very long cells", table(2, 2, (index) => `${index}${"word ".repeat(400)}`)],
] as const;

describe("an answer whose form Slack refuses", () => {
  let adapter: SlackAdapter;
  beforeEach(async () => {
    adapter = await startAdapter();
  });
  afterEach(() => adapter.close());

  const place = { platform: "slack", workspace: "T0EVERGREEN", channel: "C0GENERAL" };
  const lettersOf = (text: string) => text.replaceAll(/[^\p{L}\p{N}]/gu, "");
  const shown = () => adapter.slack.textsIn("C0GENERAL");
  const finish = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = work.finally(() => {
      isOver = true;
    });
    over.catch(() => {});
    await adapter.until("the end", () => isOver);
    return over;
  };
  /** An answer that has begun, at its question in the channel. */
  const begin = async (text: string) => {
    const ts = await adapter.slack.say("?");
    const lost: unknown[] = [];
    const stream = createReplyStream({
      platform: adapter.platform,
      question: { ...place, message: ts },
      asker: { id: "U0ADA", name: "ada" },
      controls: STOP,
      clock: adapter.clock,
      log: adapter.log,
      onPosted: async () => {},
      onLost: (error) => void lost.push(error),
    });
    stream.show(text);
    await adapter.until("the beginning", () => adapter.slack.answers().length === 1);
    return { stream, lost };
  };
  const controlsIn = () =>
    adapter.slack.answers().map(({ blocks }) => JSON.stringify(blocks.filter(({ type }) => type === "actions")));

  it.each(TABLES)(
    "is shown whole with %s, on a post and on an update, and keeps its controls",
    async (_what, markdown) => {
      await finish(adapter.platform.post(place, { markdown, controls: RETRY }));
      expect(lettersOf(shown().join(""))).toBe(lettersOf(markdown));
      expect(controlsIn()).toEqual([expect.stringContaining("Retry")]);
      const { stream } = await begin("Here it is:\n");
      await finish(stream.finish(`Here it is:\n\n${markdown}`, RETRY));
      expect(lettersOf(shown().slice(1).join(""))).toBe(lettersOf(`Here it is:\n\n${markdown}`));
      expect(controlsIn().at(-1)).toContain("Retry");
    },
  );

  it.each(["invalid_blocks", "msg_blocks_too_long", "msg_too_long"])(
    "goes without any blocks where those are refused with %s",
    async (error) => {
      const words = Array.from({ length: 1_500 }, (_, index) => `word${index}`);
      for (let time = 0; time < 2; time++) adapter.slack.failNext("chat.postMessage", { error });
      await finish(
        adapter.platform.post(place, { markdown: `**${words[0]}** ${words.slice(1).join(" ")}`, controls: RETRY }),
      );
      expect(shown().join(" ").split(/\s+/).map(lettersOf)).toEqual(words);
      expect(shown().length).toBeGreaterThan(1);
    },
  );

  it("asks whether it was good by ordinary buttons where Slack refuses its own form for that", async () => {
    adapter.slack.failNext("chat.postMessage", { error: "invalid_blocks" });
    await finish(adapter.platform.post(place, { markdown: "an answer", controls: [...RETRY, ...RATE_CONTROLS] }));
    expect(adapter.slack.answers()[0]?.blocks.map(({ type }) => type)).toEqual(["section", "actions", "actions"]);
    for (const label of ["Retry", "👍", "👎"]) expect(controlsIn()[0]).toContain(label);
  });

  it("is shown as text where it is a command's reply", async () => {
    adapter.replyWith({ markdown: table(55, 2), controls: RETRY });
    await adapter.slack.slash("/help");
    const [read] = await adapter.until("the reply", () => {
      const all = adapter.slack.ephemeralsOf("U0ADA");
      return all.length > 0 && all;
    });
    expect(lettersOf(read ?? "")).toBe(lettersOf(table(55, 2)));
  });

  it("posts nothing twice when what follows a message without blocks fails for a moment", async () => {
    const words = Array.from({ length: 1_500 }, (_, index) => `word${index}`);
    const { slack } = adapter;
    for (const error of ["invalid_blocks", "invalid_blocks"]) slack.failNext("chat.postMessage", { error });
    slack.failNext("chat.postMessage", {});
    slack.failNext("chat.postMessage", { status: 500, error: "internal_error" });
    await finish(adapter.platform.post(place, { markdown: words.join(" ") }));
    expect(shown().join(" ").split(/\s+/)).toEqual(words);
  });

  it("goes on in messages of their own, each once, when an answer without blocks grows too long for an update", async () => {
    const words = Array.from({ length: 1_800 }, (_, index) => `word${index}`);
    const upTo = (count: number) => words.slice(0, count).join(" ");
    const { stream } = await begin(`${upTo(10)} `);
    const refuse = () => {
      for (let time = 0; time < 2; time++) adapter.slack.failNext("chat.update", { error: "invalid_blocks" });
    };
    refuse();
    stream.show(`${upTo(900)} `);
    await adapter.until("more of it", () => shown().join(" ").includes("word899"));
    await finish(stream.finish(upTo(1_800), []));
    expect(shown().join(" ").split(/\s+/)).toEqual(words);
  });

  it.each(["edit_window_closed", "cant_update_message"])(
    "goes on in another message when an update is refused for good with %s",
    async (error) => {
      const { stream, lost } = await begin("one two ");
      adapter.slack.failNext("chat.update", { error });
      await finish(stream.finish("one two three four", RETRY));
      expect(shown()).toEqual(["one two ", "three four"]);
      expect(controlsIn().at(-1)).toContain("Retry");
      expect(lost).toEqual([]);
    },
  );

  // https://github.com/NousResearch/hermes-agent/issues/98285
  it.each(["cannot_reply_to_message", "restricted_action_non_threadable_channel"])(
    "stands in the channel, and grows there, where its thread is refused with %s",
    async (error) => {
      const thread = await adapter.slack.say("?");
      adapter.slack.failNext("chat.postMessage", { error });
      const terms = { replyTo: { ...place, thread, message: thread } };
      const key = await finish(adapter.platform.post({ ...place, thread }, { markdown: "one" }, terms));
      await finish(adapter.platform.edit(key, { markdown: "one two" }, terms));
      expect(adapter.slack.answers().map(({ text, thread: shownIn }) => [text, shownIn])).toEqual([
        ["one two", undefined],
      ]);
    },
  );

  it("tells a refusal that will pass from one that stays", async () => {
    for (const error of ["org_login_required", "update_failed", "fatal_error"]) {
      adapter.slack.failNext("chat.postMessage", { error });
      await expect(finish(adapter.platform.post(place, { markdown: "one" }))).rejects.toMatchObject({
        reason: "unavailable",
      });
    }
    for (const [error, why] of [
      ["restricted_action_thread_only_channel", "this channel accepts only replies in threads"],
      ["messages_tab_disabled", /Messages tab is switched off/],
    ] as const) {
      adapter.slack.failNext("chat.postMessage", { error });
      await expect(finish(adapter.platform.post(place, { markdown: "one" }))).rejects.toMatchObject({
        isRetryable: false,
        why: expect.stringMatching(why),
      });
    }
  });

  it("says why where no form is taken, and takes the running controls away", async () => {
    const { stream } = await begin("one two ");
    for (let time = 0; time < 4; time++) adapter.slack.failNext("chat.update", { error: "invalid_blocks" });
    await expect(finish(stream.finish("one two three", RETRY))).rejects.toMatchObject({
      reason: "refused",
      why: "Slack refused it (`invalid_blocks`)",
    });
    expect(controlsIn()).toEqual(["[]"]);
  });

  it("adds what a restart has to say below a message that can't be changed any more", async () => {
    const message = await finish(adapter.platform.post(place, { markdown: "half" }));
    adapter.slack.failNext("chat.update", { error: "edit_window_closed" });
    expect(await finish(adapter.platform.append(message, "⚠️ Interrupted by a restart.", RETRY))).toBe("half");
    expect(shown()).toEqual(["half", "⚠️ Interrupted by a restart."]);
  });
});

describe("tablesAsCode()", () => {
  it.each([
    ["a | b\n--- | ---\n1 | 2\n\nend", "```\na | b\n--- | ---\n1 | 2\n```\n\nend"],
    ["no | table", "no | table"],
    ["```\n| a |\n| - | - |\n```", "```\n| a |\n| - | - |\n```"],
    ["| a | b |\n|---|---|\n| ``` | x |", "```\n| a | b |\n|---|---|\n| ''' | x |\n```"],
  ])("writes %j", (markdown, expected) => {
    expect(tablesAsCode(markdown)).toBe(expected);
  });
});
