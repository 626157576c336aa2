import { describe, expect, it } from "vitest";
import { harness } from "./harness.js";

const WORKSPACE = "playground:local";

describe("/settings language", () => {
  it.each(["de", "deutsch", "German", "language:de"])("takes %s, and answers in that language", async (typed) => {
    const world = harness();
    expect(await world.say(`/settings language ${typed}`)).toMatch(/^Gespeichert\. Sprache: \*\*Deutsch\*\*/);
    expect(world.settings.of(WORKSPACE)).toEqual({ language: "de" });
    expect(await world.say("/settings language")).toContain("Sprache: **Deutsch**");
    expect(await world.say("/settings show")).toContain("Sprache: **Deutsch**");
    expect(await world.say("/settings show", { workspace: "discord:2" })).toContain("Language: **English**");
  });

  it("goes back to English, by its name or by default", async () => {
    const world = harness();
    await world.say("/settings language de");
    expect(await world.say("/settings language english")).toMatch(/^Saved\. Language: \*\*English\*\* \(set/);
    await world.say("/settings language de");
    expect(await world.say("/settings language default")).toMatch(/^Saved\. Language: \*\*English\*\* \(the default\)/);
    expect(world.settings.of(WORKSPACE)).toEqual({});
  });

  it("says what it takes, and is for operators", async () => {
    const world = harness();
    expect(await world.say("/settings language klingon")).toMatch(/takes `en`.*`de`.*\(or `default`\)/);
    expect(await world.say("/settings language de", { isOperator: false })).toContain("Only operators may use");
    expect(world.settings.of(WORKSPACE)).toEqual({});
  });

  it("holds for help, for what a command lacks, and for whose budget it is", async () => {
    const world = harness();
    await world.say("/settings language de");
    expect(await world.say("/help settings")).toContain("In welcher Sprache der Bot hier schreibt");
    expect(await world.say("/models use")).toContain("braucht `model`: provider/model, etwa openai/gpt-5, oder");
    await world.say("/settings budget channel 2 usd day");
    expect(await world.say("/usage budget")).toContain("- Dieser Kanal: **0 %**");
    expect(await world.say("/settings raise channel")).toContain("das Budget dieses Kanals 4 USD für heute");
    expect(await world.say("/audit")).toContain("budgets.channel.per: – → `day`");
  });

  it("stands in the record of changes", async () => {
    const world = harness();
    await world.say("/settings language de");
    await world.say("/settings language en");
    expect(await world.say("/audit")).toMatch(/language.*de.*en/);
  });
});
