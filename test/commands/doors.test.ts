import { beforeEach, describe, expect, it } from "vitest";
import type { Invocation } from "../../src/commands/command.js";
import type { ChatAccess } from "../../src/refresh/settings.js";
import { chat, harness } from "./harness.js";

/** What people may do whom the bot would not answer: read about it, and look at and renew the lists of models. */
const OPEN = [
  ...["help", "refresh-models", "models status", "models list", "models changes", "settings show"],
  ...["privacy", "privacy export", "privacy erase"],
];

const SHUT_OUT: readonly (readonly [who: string, access: ChatAccess, by: Partial<Invocation>])[] = [
  ["somebody who is not named", { who: ["u9"] }, {}],
  ["somebody without the role", { who: ["r9"] }, { isInGroup: async () => false }],
  ["a guest", { guests: false }, { isGuest: true }],
  ["somebody in a closed channel", { channels: ["c9"] }, {}],
  ["a guest in a direct message", { guests: false }, { isGuest: true, isDirect: true }],
];

describe.each(SHUT_OUT)("%s", (_who, access, by) => {
  let world: ReturnType<typeof harness>;
  beforeEach(async () => {
    world = harness({ providers: [{ id: "openai", models: chat("gpt-5") }] });
    await world.settings.change("playground:local", () => ({ access }));
    await world.sessions.change("playground:local:general", (before) => ({
      ...before,
      pin: { provider: "openai", model: "pinned-by-others", at: 1, by: "Bob" },
    }));
  });
  const speaker = { isOperator: false, ...by };

  it.each([
    ["typed or as a slash command", {}],
    ["by a button under an answer", { on: "answer-1" }],
    ["in a channel whose mentions begin threads", { isAboveThreads: true as const }],
  ])("can run nothing of a conversation, %s", async (_door, through) => {
    for (const { path } of world.dispatcher.commands) {
      for (const line of [`/${path}`, `!${path}`]) {
        const text = await world.say(line, { ...speaker, ...through });
        if (OPEN.includes(path)) expect(text, line).not.toMatch(/^🔒/);
        else expect(text, line).toMatch(/^🔒 .* Nothing was changed\.$/s);
      }
    }
    expect(world.forgotten).toEqual([]);
    expect(world.retries).toEqual([]);
    expect(world.stops).toEqual([]);
  });

  it("sees nothing of it in what is open to all", async () => {
    for (const path of OPEN) expect(await world.say(`/${path}`, speaker)).not.toContain("pinned-by-others");
  });

  it("sees nothing of it while they type", async () => {
    const invocation = world.invocation(speaker);
    for (const { path, options } of world.dispatcher.commands)
      for (const option of Object.keys(options)) {
        const choices = world.dispatcher.suggest(`/${path}`, option, "", invocation);
        expect(JSON.stringify(choices), `${path} ${option}`).not.toContain("pinned-by-others");
      }
  });

  it("is an operator's own matter: they see and run it", async () => {
    const operator = { ...speaker, isOperator: true };
    expect(await world.say("/models status", operator)).toContain("pinned-by-others");
    expect(await world.say("/chat export", operator)).not.toContain("🔒");
  });
});
