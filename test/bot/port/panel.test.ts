import { describe, expect, it } from "vitest";
import { panelControls, panelOf, press } from "../../../src/bot/port/panel.js";
import type { CommandCall } from "../../../src/bot/port/platform.js";
import type { Reply } from "../../../src/commands/command.js";

const call = (text: string): CommandCall => ({
  channel: { platform: "fake", workspace: "home", channel: "general" },
  author: { id: "ada", name: "ada" },
  text,
  isDirect: false,
  isOperator: true,
});

/** A panel that tells how often anything ran before it was shown. */
function handlers() {
  const ran: string[] = [];
  return {
    ran,
    async *onCommand({ text }: CommandCall): AsyncGenerator<Reply> {
      ran.push(text);
      if (text === "/status") yield { markdown: `shown after ${ran.length}`, panel: "/status", controls: [BUTTON] };
      else {
        yield { markdown: "working" };
        yield { markdown: "done" };
      }
    },
  };
}

const BUTTON = { label: "Go", command: "/go" };
const pressed = (reply: Reply) => {
  const [control] = panelControls(reply);
  if (control === undefined || "options" in control) throw new Error("no button");
  return control.command;
};

async function all(replies: AsyncIterable<Reply>) {
  const found: Reply[] = [];
  for await (const reply of replies) found.push(reply);
  return found;
}

describe("press()", () => {
  it("shows a panel anew below each reply to one of its controls", async () => {
    const parts = handlers();
    const command = pressed({ markdown: "", panel: "/status", controls: [BUTTON] });
    expect(panelOf(command)).toBe("/status");
    const replies = await all(press(parts, call(command)));
    expect(replies.map(({ markdown }) => markdown)).toEqual(["working\n\nshown after 2", "done\n\nshown after 3"]);
    expect(replies.every(({ panel }) => panel === "/status")).toBe(true);
    expect(parts.ran).toEqual(["/go", "/status", "/status"]);
  });

  it("runs a control that stands on no panel as it is", async () => {
    const parts = handlers();
    const command = pressed({ markdown: "", controls: [BUTTON] });
    expect(panelOf(command)).toBeUndefined();
    expect((await all(press(parts, call(command)))).map(({ markdown }) => markdown)).toEqual(["working", "done"]);
  });

  it("keeps the panel of every entry of a menu", () => {
    const menu = { label: "How often", options: [BUTTON, { label: "Stop", command: "/stop" }] };
    const [control] = panelControls({ markdown: "", panel: "/status", controls: [menu] });
    const commands = control !== undefined && "options" in control ? control.options.map((each) => each.command) : [];
    expect(commands.map(panelOf)).toEqual(["/status", "/status"]);
  });
});
