import { expect, it } from "vitest";
import { turnRow } from "../../../src/store/sessions/session-rows.js";

it("a turn whose usage has a number out of range keeps everything else", () => {
  const turn = {
    question: { message: "1", author: "Ann", text: "hello", at: 1 },
    answer: "hi",
    ending: "done",
    provider: "openai",
    model: "gpt-5",
    usage: { inputTokens: -1, outputTokens: 7, cachedTokens: 1e300 },
    endedAt: 2,
  };
  expect(turnRow.parse(turn)).toEqual({ ...turn, usage: { outputTokens: 7 } });
  expect(turnRow.parse({ ...turn, usage: null })).toEqual({ ...turn, usage: null });
});
