import { describe, expect, it } from "vitest";
import { ThinkTagSplitter } from "../../../src/providers/chat/think-tags.js";

function split(pieces: readonly string[], mayOpenInThought = false) {
  const parts = { said: "", thought: "" };
  const splitter = new ThinkTagSplitter(
    {
      say: (text) => {
        parts.said += text;
      },
      think: (text) => {
        parts.thought += text;
      },
    },
    mayOpenInThought,
  );
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
    // ollama/ollama#18288, NousResearch/hermes-agent#67632
    ["<|channel>thought\nhm<channel|>Yes.", "Yes.", "hm"],
    // scouzi1966/maclocal-api#121
    ["<|channel|>final<|message|>Yes.", "Yes.", ""],
    ['<think duration="3">hm</think>Yes.', "Yes.", "hm"],
    ["<think of a < b", "<think of a < b", ""],
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

  // ggml-org/llama.cpp#11861, vllm-project/vllm#13125, open-webui/open-webui#9808: the template opens the thoughts.
  it.each([
    ["musing\n</think>\n\nForty-two.", "Forty-two.", "musing\n"],
    ["musing</think>Yes.", "Yes.", "musing"],
    ["</think>\n\nYes.", "Yes.", ""],
    ["<think>hm</think>Yes.", "Yes.", "hm"],
    ["Plain.", "Plain.", ""],
    ["Use `</think>` at the end.", "Use `</think>` at the end.", ""],
    ["As in\n```\nhm\n</think>\n```\n", "As in\n```\nhm\n</think>\n```\n", ""],
    ["Between <think> and </think>.", "Between <think> and </think>.", ""],
  ])("splits %j of a model whose thoughts no tag opens, however it is cut", (text, said, thought) => {
    for (let at = 0; at <= text.length; at++) {
      expect(split([text.slice(0, at), text.slice(at)], true)).toEqual({ said, thought });
    }
    expect(split([...text], true)).toEqual({ said, thought });
  });
});
