import { describe, expect, it } from "vitest";
import type { PersonalData } from "../../src/commands/command-deps.js";
import { harness } from "./harness.js";

function world(kept: Partial<Awaited<ReturnType<PersonalData["summary"]>>> = {}) {
  const asked: string[] = [];
  const note = (what: string, { platform, id }: { platform: string; id: string }) =>
    void asked.push(`${what} ${platform} ${id}`);
  const personalData: PersonalData = {
    async summary(person) {
      note("summary", person);
      return { questions: 3, conversations: 2, usageEntries: 1, choices: 0, votes: 2, changes: 4, budgets: 5, ...kept };
    },
    async export(person) {
      note("export", person);
      return new TextEncoder().encode("{}");
    },
    async erase(person) {
      note("erase", person);
      return { questions: 3, usageEntries: 1 };
    },
  };
  return { ...harness({ personalData }), asked };
}

const ADA = { platform: "discord", user: { id: "u1", name: "Ada" } };

describe("/privacy", () => {
  it("says what is kept about the asker and for how long, with buttons for the rest", async () => {
    const { replies, asked } = world();
    const [reply] = await replies("/privacy", { ...ADA, isOperator: false });
    expect(reply?.markdown).toContain("3 questions with the answers, in 2 conversations");
    expect(reply?.markdown).toContain("90 days after its last use");
    expect(reply?.markdown).toContain("1 entry of usage");
    expect(reply?.markdown).toContain("92 days");
    expect(reply?.markdown).toContain("in 5 periods of budgets");
    expect(reply?.controls?.map((control) => "command" in control && control.command)).toEqual([
      "/privacy export",
      "/privacy erase",
    ]);
    expect(asked).toEqual(["summary discord u1"]);
  });

  it("leaves out what there is nothing of, and says so where there is nothing at all", async () => {
    expect(await world().say("/privacy", ADA)).not.toMatch(/\b0 |Nothing/);
    const nothing = { questions: 0, conversations: 0, usageEntries: 0, choices: 0, votes: 0, changes: 0, budgets: 0 };
    const lines = (await world(nothing).say("/privacy", ADA)).split("\n");
    expect(lines.filter((line) => line.startsWith("- "))).toEqual(["- Nothing yet."]);
  });

  it("is the same as `/privacy show`", async () => {
    expect(await world().say("/privacy show", ADA)).toContain("What I keep about you");
  });
});

describe("/privacy export", () => {
  it.each([true, false])("hands the asker a file, also where it goes by direct message (%s)", async (canShowFiles) => {
    const { replies } = world();
    const [reply] = await replies("/privacy export", { ...ADA, canShowFiles });
    expect(reply?.files?.[0]?.name).toBe("about-you.json");
  });
});

describe("/privacy erase", () => {
  it("asks once more, and erases only then", async () => {
    const { replies, say, asked } = world();
    const [question] = await replies("/privacy erase", ADA);
    expect(question?.markdown).toContain("your 3 questions");
    expect(asked).toEqual(["summary discord u1"]);
    const [button] = question?.controls ?? [];
    expect(await say(button && "command" in button ? button.command : "", ADA)).toMatch(/^🗑️ Erased: 3 questions/);
    expect(asked.at(-1)).toBe("erase discord u1");
  });
});
