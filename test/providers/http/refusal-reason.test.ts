import { describe, expect, it } from "vitest";
import { readRefusal } from "../../../src/providers/http/read-refusal.js";
import { reasonOf } from "../../../src/providers/http/refusal-reason.js";

const reason = (status: number | undefined, message = "", ...codes: string[]) =>
  reasonOf({ status, message, said: [...codes, message].join("\n") }, "chat");

describe("reasonOf()", () => {
  it.each([
    ["OpenAI", 429, "You exceeded your current quota", "insufficient_quota"],
    ["OpenAI, hard limit", 400, "Billing hard limit has been reached", "billing_hard_limit_reached"],
    ["DeepSeek", 402, "Insufficient Balance", "unknown_error"],
    ["OpenRouter", 402, "This request requires more credits", "402"],
    ["Anthropic", 400, "Your credit balance is too low to access the Anthropic API.", "invalid_request_error"],
    ["Anthropic, limit", 429, "Limit reached", "contract_spend_limit_reached"],
    ["Anthropic, billing", 402, "Payment", "billing_error"],
    ["xAI", 403, "Your team has used all available credits or reached its monthly spending limit.", "forbidden"],
  ])("knows how %s says that the account is used up", (_vendor, status, message, code) => {
    expect(reason(status, message, code)).toBe("spend-cap");
  });

  it("takes Gemini's free quota per minute for a rate limit, although it speaks of billing", () => {
    const message = "You exceeded your current quota, please check your plan and billing details.";
    expect(reason(429, message, "RESOURCE_EXHAUSTED")).toBe("rate-limited");
  });

  it.each([
    ["OpenAI", 404, "The model `x` does not exist", "model_not_found"],
    ["Mistral", 400, "Invalid model: x", "invalid_model"],
    ["DeepSeek", 400, "Model Not Exist", "invalid_request_error"],
    ["OpenRouter", 400, "x/y is not a valid model ID", "400"],
    ["Ollama", 404, 'model "x" not found, try pulling it first', "not_found_error"],
    ["Gemini", 404, "models/x is not found for API version v1main", ""],
  ])("knows how %s says that a model is unknown", (_vendor, status, message, code) => {
    expect(reason(status, message, code)).toBe("unknown-model");
  });

  it("does not call a model unknown that is only not for chat", () => {
    const message = "This is not a chat model and thus not supported in the v1/chat/completions endpoint.";
    expect(reason(404, message)).toBe("not-for-chat");
  });

  it("does not call a model unknown because the address leads to a web page", () => {
    const page = readRefusal("<html><title>Not found</title></html>", { status: 404, now: 0 });
    expect(reasonOf(page, "chat")).toBe("address");
  });

  it("knows Gemini's bad key behind its 400", () => {
    expect(reason(400, "API key not valid. Please pass a valid API key.")).toBe("auth");
  });

  it.each([
    ["overloaded_error", "overloaded"],
    ["rate_limit_error", "rate-limited"],
    ["authentication_error", "auth"],
    ["context_length_exceeded", "context-too-long"],
    ["something_new", "http"],
  ])("goes by the type %s where there is no status", (type, expected) => {
    expect(reason(undefined, "", type)).toBe(expected);
  });

  it("has no unknown models on a list", () => {
    expect(reasonOf({ status: 404, message: "", said: "model_not_found" }, "list")).toBe("address");
  });
});
