import { describe, expect, it } from "vitest";
import { normalErrorBody } from "../../../src/providers/http/error-body.js";

describe("normalErrorBody()", () => {
  const read = (body: unknown) => JSON.parse(normalErrorBody(JSON.stringify(body)));

  it("leaves the usual shape alone", () => {
    expect(read({ error: { message: "a" }, request_id: "1" })).toEqual({ error: { message: "a" }, request_id: "1" });
    expect(read({ error: "a" })).toEqual({ error: "a" });
  });

  it("takes Gemini's list apart", () => {
    expect(read([{ error: { message: "a" } }])).toEqual({ error: { message: "a" } });
  });

  it("wraps what Mistral and vLLM leave bare", () => {
    const bare = { object: "error", message: "Invalid model: x", type: "invalid_model", code: "1500" };
    expect(read(bare)).toEqual({ error: bare });
  });

  it("finds the words of a FastAPI server", () => {
    expect(read({ detail: "Not Found" }).error.message).toBe("Not Found");
    expect(read({ detail: [{ loc: ["body", "stream_options"] }] }).error.message).toContain("stream_options");
  });

  it.each(["", "<html>", "Bad gateway", '{"a":'])("leaves %j as it is", (text) => {
    expect(normalErrorBody(text)).toBe(text);
  });

  it.each(["7", "null", "[]", '"no"'])("makes a message of %s", (text) => {
    expect(JSON.parse(normalErrorBody(text))).toEqual({ error: { message: text } });
  });
});
