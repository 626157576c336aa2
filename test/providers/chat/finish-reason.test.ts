import { describe, expect, it } from "vitest";
import { sortFinish } from "../../../src/providers/chat/answer-draft.js";

describe("sortFinish()", () => {
  it.each([
    // vespa-engine/vespa#33327 (Together AI), spring-projects/spring-ai#4900, openai/openai-dotnet#267
    ["<|eot_id|>", "whole"],
    ["<｜end▁of▁sentence｜>", "whole"],
    ["eos_token", "whole"],
    ["EOS", "whole"],
    ["STOP", "whole"],
    ["end_turn", "whole"],
    ["COMPLETE", "whole"],
    ["tool_calls", "whole"],
    ["MAX_TOKENS", "length"],
    ["max_output_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["repetition_truncation", "length"],
    ["SAFETY", "filtered"],
    ["PROHIBITED_CONTENT", "filtered"],
    ["RECITATION", "filtered"],
    ["sensitive", "filtered"],
    ["guardrail_intervened", "filtered"],
    // Google's and other filters, under words of their own
    ["LANGUAGE", "filtered"],
    ["MODEL_ARMOR", "filtered"],
    ["content_filter_error", "filtered"],
    ["incomplete_max_output_tokens", "length"],
    ["TOOL_CALL", "whole"],
    ["connection_lost", "broken-off"],
    ["partial", "broken-off"],
    ["refusal", "refused"],
    // anomalyco/opencode#44376 (Z.ai), togethercomputer/together-python#153
    ["network_error", "broken-off"],
    ["error", "broken-off"],
    ["insufficient_system_resource", "broken-off"],
    ["ABORTED", "broken-off"],
    ["incomplete", "broken-off"],
    ["stopped_by_error", "broken-off"],
    ["MALFORMED_FUNCTION_CALL", "broken-off"],
    // epam/ai-dial-adapter-vertexai#162
    ["OTHER", "unknown"],
    ["FINISH_REASON_UNSPECIFIED", "unknown"],
    ["pause_turn", "unknown"],
    ["brand_new_word", "unknown"],
  ])("sorts %s as %s", (word, kind) => {
    expect(sortFinish(word)).toBe(kind);
  });
});
