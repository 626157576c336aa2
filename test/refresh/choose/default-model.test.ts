import { describe, expect, it } from "vitest";
import { defaultModel } from "../../../src/refresh/choose/default-model.js";
import { snapshotOf } from "../support.js";

const of = (lists: Parameters<typeof snapshotOf>[0], preferredFamilies: readonly string[] = [], id = "openai") =>
  defaultModel({ snapshot: snapshotOf(lists), setups: [{ id, preferredFamilies }] })?.model;
const dated = (id: string, releasedAt: number, isChat = true) => ({ id, releasedAt, isChat });

describe("defaultModel", () => {
  it("takes the newest of the first preferred family that has one", () => {
    const openai = [dated("gpt-4o", 9), dated("gpt-5", 1), dated("gpt-5.1", 2), dated("gpt-5-embed", 3, false)];
    expect(of({ openai }, ["gpt-6", "gpt-5", "gpt-4o"])).toBe("gpt-5.1");
  });

  it("prefers the plain name among models of one release", () => {
    expect(of({ openai: [dated("gpt-5-mini", 5), dated("gpt-5", 5), dated("gpt-5-2025-08-07", 5)] }, ["gpt-5"])).toBe(
      "gpt-5",
    );
  });

  it("goes by version numbers where no release is known, and takes a date for none", () => {
    const openai = ["claude-sonnet-4-20250514", "claude-sonnet-3-7", "claude-sonnet-4-10", "claude-sonnet-4-9"];
    expect(of({ openai }, ["claude-sonnet"])).toBe("claude-sonnet-4-10");
    expect(of({ openai: ["m-4-2025-05-14", "m-4-2025-08-14"] }, ["m-"])).toBe("m-4-2025-08-14");
  });

  it("tells gpt-5 from gpt-50", () => {
    expect(of({ openai: ["other", "gpt-50", "gpt-5o"] }, ["gpt-5"])).toBe("gpt-5o");
    expect(of({ openai: ["other", "gpt-50"] }, ["gpt-5"])).toBe("other");
  });

  it("falls to the first chat model", () => {
    expect(of({ openai: [dated("tts", 1, false), "a", "b"] }, ["gpt"])).toBe("a");
  });

  it("asks the first configured provider only", () => {
    expect(of({ openai: [], groq: ["llama"] }, [])).toBeUndefined();
    expect(of({ groq: ["llama"] }, [])).toBeUndefined();
    expect(of({ openai: [dated("tts", 1, false)], groq: ["llama"] }, [])).toBeUndefined();
    expect(defaultModel({ snapshot: snapshotOf({}), setups: [] })).toBeUndefined();
  });
});
