import { describe, expect, it } from "vitest";
import { ThinkTagSplitter } from "../../../src/providers/chat/answer-draft.js";

function split(pieces: readonly string[]) {
  const parts = { said: "", thought: "" };
  const splitter = new ThinkTagSplitter({
    say: (text) => {
      parts.said += text;
    },
    think: (text) => {
      parts.thought += text;
    },
  });
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  return parts;
}

describe("ThinkTagSplitter", () => {
  it.each([
    ["<think>\nhm\n</think>\n\nYes.", "Yes.", "hm\n"],
    ["\n<think>hm</think>Yes.", "Yes.", "hm"],
    ["<thinking>hm</thinking> Yes.", "Yes.", "hm"],
    ["[THINK]hm[/THINK]Yes.", "Yes.", "hm"],
    ["◁think▷hm◁/think▷Yes.", "Yes.", "hm"],
    ["<think>a < b </thin</think>Yes.", "Yes.", "a < b </thin"],
    ["<think>never closed", "", "never closed"],
    ["Use `<think>` and `</think>`.", "Use `<think>` and `</think>`.", ""],
    ["<thing>", "<thing>", ""],
    ["<thi", "<thi", ""],
    ["\n\n", "\n\n", ""],
    ["<think></think>", "", ""],
    ["<THINK>hm</Think>Yes.", "Yes.", "hm"],
    ["<think>one</think>\n<think>two</think>Yes.", "Yes.", "onetwo"],
    ["<think>one</think>\n<thi", "<thi", "one"],
    ["<think>İstanbul</think>Yes.", "Yes.", "İstanbul"],
    ["<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Yes.", "Yes.", "hm"],
  ])("splits %j, however it is cut", (text, said, thought) => {
    for (let at = 0; at <= text.length; at++) {
      expect(split([text.slice(0, at), text.slice(at)])).toEqual({ said, thought });
    }
    expect(split([...text])).toEqual({ said, thought });
  });

  // Streams as public reports quote them, piece by piece.
  it.each([
    ["continuedev/continue#3832", ["<think>", "\n\n", "</think>", "\n\n", "Hello"], "Hello", ""],
    ["ikawrakow/ik_llama.cpp#690", ["<think>\nso", " fast", ".", "\n</think>", "\n\nDone."], "Done.", "so fast.\n"],
    ["aws-samples/bedrock-access-gateway#116", ["<think>", "hm", "</think>", "Hello"], "Hello", "hm"],
  ])("splits the stream of %s", (_source, pieces, said, thought) => {
    expect(split(pieces)).toEqual({ said, thought });
  });
});
