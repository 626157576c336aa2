import { describe, expect, it } from "vitest";
import { extractHtmlTexts, extractTexts } from "../../../scripts/docs/extract-texts.mjs";

const linesOf = (code: string) => extractTexts(code).map(({ kind, text }) => `${kind}: ${text}`);

describe("extractTexts", () => {
  it("finds replies, refusals, log lines, settings and labels, whatever builds them", () => {
    const code = `
      const reply = { markdown: "Saved " + "for good.", controls: [{ label: "Mute", command: "/models mute" }] };
      const option = { about: "model", kind: "word" };
      throw new UserError(\`There is no \${code("/models")} here.\`);
      log.warn({ error }, "slack: reconnect failed");
      button.textContent = isOpen ? "Close" : "Open";
      const lines = ["**Model lists**", "Refreshed " + when].join("\\n");
      note.textContent = \`\${count} \${count === 1 ? "file" : "files"} of \${entry.name}\`;
    `;
    expect(linesOf(code)).toEqual([
      "text: Saved for good.",
      "text: Mute",
      "setting: model",
      "error: There is no `/models` here.",
      "log: slack: reconnect failed",
      "text: Close",
      "text: Open",
      "text: **Model lists**",
      "text: Refreshed {when}",
      "text: {count} {file|files} of {name}",
    ]);
  });

  it("leaves out imports, types, names, comparisons, statements and internal faults", () => {
    const code = `
      import { a } from "some module of ours";
      type T = "one kind" | "another kind";
      const row = all("select a from b where c = 1");
      if (word === "not for people" || text.includes("part of it")) throw new Error("cannot be, by the types");
      element.className = "large button";
      const names = "one two three".split(" ");
    `;
    expect(linesOf(code)).toEqual([]);
  });
});

it("extractHtmlTexts finds what stands between tags and what is read aloud", () => {
  const html = `<!-- a note --><button aria-label="Close it"><svg><path d="M0"/></svg></button><p>All
    channels</p><input placeholder="A name">`;
  expect(extractHtmlTexts(html).map(({ text }) => text)).toEqual(["Close it", "All channels", "A name"]);
});
