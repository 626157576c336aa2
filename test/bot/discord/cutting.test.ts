import { describe, expect, it } from "vitest";
import { createThreads } from "../../../src/bot/discord/send/open-thread.js";
import { controlRows, renderedMessage } from "../../../src/bot/discord/send/render.js";
import { applicationCommands } from "../../../src/bot/discord/setup/commands.js";
import { createPresence } from "../../../src/bot/discord/setup/presence.js";
import type { Command } from "../../../src/commands/command.js";
import { fakeClock } from "../../support/fake-clock.js";

const idFor = async (line: string) => line;

/** A text of so many letters and two emoji, each a surrogate pair: a cut at `chars` units would halve one of them. */
const ending = (chars: number) => `${"a".repeat(chars - 2)}😀😀`;
const cutTo = (chars: number) => `${"a".repeat(chars - 2)}…`;

describe("a text that is too long for Discord", () => {
  it("is cut before an emoji in a button's label, a menu's placeholder and its options", async () => {
    const rows = await controlRows(
      [
        { label: ending(80), command: "/b" },
        { label: ending(150), options: [{ label: ending(100), command: "/o" }] },
      ],
      idFor,
    );
    expect(rows.map(({ components }) => components[0])).toMatchObject([
      { label: cutTo(80) },
      { placeholder: cutTo(150), options: [{ label: cutTo(100) }] },
    ]);
  });

  it("is cut before an emoji in the descriptions and choices of commands", () => {
    const command: Command = {
      path: "try",
      about: ending(100),
      access: "anyone",
      visibility: "ephemeral",
      options: { one: { kind: "choice", about: ending(100), values: [{ value: "1", label: ending(100) }] } },
      run: async function* () {},
    };
    const translations = new Map([["de", { translationOf: () => ending(100) }]]);
    expect(applicationCommands([command], translations)).toMatchObject([
      {
        description: cutTo(100),
        description_localizations: { de: cutTo(100) },
        options: [
          {
            description: cutTo(100),
            choices: [{ name: cutTo(100), name_localizations: { de: cutTo(100) } }],
          },
        ],
      },
    ]);
  });

  it("is cut before an emoji in a thread's title", async () => {
    const bodies: unknown[] = [];
    const rest = {
      async call(_method: string, _path: string, { body }: { body?: unknown }) {
        bodies.push(body);
        return { id: "5" };
      },
      isTokenRefused: () => false,
    };
    const open = createThreads({ rest, calls: { take: async () => {} } });
    await open({ platform: "discord", workspace: "3", channel: "2" }, ending(100));
    await open({ platform: "discord", workspace: "3", channel: "2" }, " \n ");
    expect(bodies).toMatchObject([{ name: cutTo(100) }, { name: "Conversation" }]);
  });

  it("is cut before an emoji in a file's description and in the presence", async () => {
    const file = { name: "chat.md", bytes: new Uint8Array(1), alt: ending(1_024) };
    const { body } = await renderedMessage({ markdown: "here", files: [file] }, idFor);
    expect(body.attachments).toMatchObject([{ description: cutTo(1_024) }]);
    const lines: string[] = [];
    createPresence({ clock: fakeClock(), set: (line) => void lines.push(line) }).show(ending(128));
    expect(lines).toEqual([cutTo(128)]);
  });

  it("keeps an emoji that is made of several whole", async () => {
    const family = "👨‍👩‍👧‍👦";
    const [row] = await controlRows([{ label: `${"a ".repeat(38)}${family}`, command: "/b" }], idFor);
    expect(row?.components[0]).toMatchObject({ label: `${"a ".repeat(38).trim()}…` });
  });
});
