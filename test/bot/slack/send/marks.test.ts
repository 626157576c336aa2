import { expect, it } from "vitest";
import { createLog } from "../../../../src/base/log.js";
import type { SlackCalls } from "../../../../src/bot/slack/send/calls.js";
import { createSlackMarks } from "../../../../src/bot/slack/send/marks.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";

it("a question gets its end mark alone while removals of old marks are minutes behind, and both marks afterwards", async () => {
  const shown = new Map<string, string[]>();
  const held: (() => void)[] = [];
  const calls = {
    addReaction: async ({ message }: { message: string }, name: string) =>
      void shown.set(message, [...(shown.get(message) ?? []), name]),
    removeReaction: (_message: unknown, _name: string) => new Promise<void>((resolve) => void held.push(resolve)),
  } as unknown as SlackCalls;
  const log = createLog({ level: "silent", secrets: [] });
  const marks = createSlackMarks({ calls, clock: fakeClock(), log, signal: new AbortController().signal });
  const ask = async (message: string) => {
    const key = { platform: "slack", workspace: "T", channel: "C", message };
    await marks.mark(key, "working");
    await marks.mark(key, "done");
    return shown.get(message);
  };
  for (let count = 0; count < 40; count++) expect(await ask(`q${count}`)).toEqual(["eyes", "white_check_mark"]);
  for (let count = 0; count < 100; count++) expect(await ask(`r${count}`)).toEqual(["white_check_mark"]);
  expect(held).toHaveLength(40);
  held.shift()?.();
  await settle();
  expect(await ask("later")).toEqual(["eyes", "white_check_mark"]);
});
