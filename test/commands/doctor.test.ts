import { describe, expect, it } from "vitest";
import { harness } from "./harness.js";

describe("/doctor", () => {
  it("shows each check as it is done, and at the end what is to fix", async () => {
    const { replies, checks } = harness();
    checks.push("✓ store: sqlite can be read", "✗ openai: refused the key (401); check its key (OPENAI_API_KEY)");
    const shown = await replies("/doctor");
    expect(shown.map(({ markdown }) => markdown.split("\n").length)).toEqual([1, 2, 3, 3]);
    expect(shown.at(-1)).toMatchObject({ isFailure: true });
    const [store, openai, end] = shown.at(-1)?.markdown.replaceAll("\\", "").split("\n") ?? [];
    expect(store).toBe("✓ store: sqlite can be read");
    expect(openai).toBe("✗ openai: refused the key (401); check its key (OPENAI_API_KEY)");
    expect(end).toBe("To fix: 1. After a change in `.env`, restart.");
  });

  it("says that everything works", async () => {
    const { say, checks } = harness();
    checks.push("✓ store: sqlite can be read");
    expect(await say("/doctor")).toMatch(/\nEverything works\.$/);
  });

  it("is for operators", async () => {
    const { replies, checks } = harness();
    checks.push("✗ openai: refused the key (401)");
    const [reply] = await replies("/doctor", { isOperator: false });
    expect(reply?.markdown).toMatch(/^🔒 Only operators may use `\/doctor`/);
  });

  it("makes what a vendor says harmless", async () => {
    const { say, checks } = harness();
    checks.push("✗ openai: **bold** @everyone [link](http://other.example)");
    expect(await say("/doctor")).not.toMatch(/\*\*bold\*\*|\[link\]\(/);
  });
});
