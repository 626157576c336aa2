import { describe, expect, it } from "vitest";
import { commandInMention, useSlashText } from "../../src/bot/mention-command.js";
import { harness } from "../commands/harness.js";

describe("commandInMention()", () => {
  it.each([
    ["!models status", "!models status"],
    ["  !Refresh-Models \n", "!Refresh-Models"],
    ["what is !important?", undefined],
    ["!!!", undefined],
    ["! wow", undefined],
    ["/models status", undefined],
    ["", undefined],
  ])("reads %j as %j", (text, command) => {
    expect(commandInMention(text)).toBe(command);
  });
});

describe("useSlashText()", () => {
  const { commands } = harness().dispatcher;

  it.each([
    ["!models status", "/models status"],
    ["!settings auto-refresh off", "/settings auto-refresh"],
    ["!nonsense", "/help"],
  ])("names for %j the slash command %j", (text, command) => {
    expect(useSlashText(commands, text)).toBe(
      `Please type \`${command}\` as a slash command: its answer is for you alone. Nothing was run.`,
    );
  });
});
