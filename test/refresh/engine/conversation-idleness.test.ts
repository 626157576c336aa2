import { describe, expect, it } from "vitest";
import { createConversationIdleness, IDLE_MS } from "../../../src/refresh/engine/nudges.js";

describe("createConversationIdleness", () => {
  const world = () => {
    let now = 1_000_000_000;
    const pass = (ms: number) => {
      now += ms;
    };
    return { idleness: createConversationIdleness({ now: () => now }), pass };
  };

  it("ends after 30 minutes in each conversation, and no shorter one", () => {
    const { idleness, pass } = world();
    expect(idleness.endsWith("a")).toBe(true);
    pass(IDLE_MS - 1);
    expect(idleness.endsWith("a")).toBe(false);
    expect(idleness.endsWith("b")).toBe(true);
    pass(IDLE_MS);
    expect(idleness.endsWith("a")).toBe(true);
  });

  it("evicts idle conversations, never active ones", () => {
    const { idleness, pass } = world();
    for (let index = 0; index < 5_000; index++) idleness.endsWith(`old ${index}`);
    pass(IDLE_MS);
    for (let index = 0; index < 3_000; index++) idleness.endsWith(`new ${index}`);
    for (let index = 0; index < 3_000; index++) expect(idleness.endsWith(`new ${index}`)).toBe(false);
  });
});
