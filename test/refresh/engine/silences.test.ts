import { describe, expect, it } from "vitest";
import { createSilences, SILENCE_MS } from "../../../src/refresh/engine/silences.js";

describe("createSilences", () => {
  const world = () => {
    let now = 1_000_000_000;
    const pass = (ms: number) => {
      now += ms;
    };
    return { silences: createSilences({ now: () => now }), pass };
  };

  it("breaks a silence of 30 minutes in each conversation, and no shorter one", () => {
    const { silences, pass } = world();
    expect(silences.isBroken("a")).toBe(true);
    pass(SILENCE_MS - 1);
    expect(silences.isBroken("a")).toBe(false);
    expect(silences.isBroken("b")).toBe(true);
    pass(SILENCE_MS);
    expect(silences.isBroken("a")).toBe(true);
  });

  it("forgets the silent ones, never those that talk", () => {
    const { silences, pass } = world();
    for (let index = 0; index < 5_000; index++) silences.isBroken(`old ${index}`);
    pass(SILENCE_MS);
    for (let index = 0; index < 3_000; index++) silences.isBroken(`new ${index}`);
    for (let index = 0; index < 3_000; index++) expect(silences.isBroken(`new ${index}`)).toBe(false);
  });
});
