import { describe, expect, it } from "vitest";
import { createLog } from "../../../../src/base/log.js";
import type { MessageKey } from "../../../../src/bot/port/platform.js";
import type { SlackCalls } from "../../../../src/bot/slack/send/calls.js";
import { createSlackMarks } from "../../../../src/bot/slack/send/marks.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";

const message: MessageKey = { platform: "slack", workspace: "T0HOME", channel: "C0GENERAL", message: "1.0" };

/** Marks whose calls wait until the test lets one go. */
function world(removalMs = 0) {
  const clock = fakeClock();
  const lines: string[] = [];
  const made: string[] = [];
  const waiting: (() => void)[] = [];
  const calls = {
    addReaction: (_message: MessageKey, name: string, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        signal?.addEventListener("abort", () => reject(signal.reason));
        waiting.push(() => {
          if (!signal?.aborted) made.push(`+${name}`);
          resolve();
        });
        return undefined;
      }),
    removeReaction: async (_message: MessageKey, name: string, signal?: AbortSignal) => {
      if (removalMs > 0) await clock.sleep(removalMs, signal);
      made.push(`-${name}`);
    },
  } as unknown as SlackCalls;
  const log = createLog({ level: "debug", secrets: [], destination: { write: (line) => void lines.push(line) } });
  const marks = createSlackMarks({ calls, clock, log, signal: new AbortController().signal });
  const letGo = async () => {
    for (let round = 0; round < 5; round++) {
      for (const go of waiting.splice(0)) go();
      await settle();
    }
  };
  return { clock, marks, made, letGo };
}

describe("createSlackMarks()", () => {
  it("leaves out a mark that still waits when a newer one follows, and removes none that was never there", async () => {
    const { marks, made, letGo } = world();
    void marks.mark(message, "waiting");
    void marks.mark(message, "working");
    const ended = marks.mark(message, "done");
    await settle();
    await letGo();
    await ended;
    expect(made).toEqual(["+white_check_mark"]);
  });

  it("shows those that have room, each in the place of the one before, and none twice", async () => {
    const { marks, made, letGo } = world();
    for (const mark of ["working", "done", "done"] as const) {
      const shown = marks.mark(message, mark);
      await letGo();
      await shown;
    }
    expect(made).toEqual(["+eyes", "+white_check_mark", "-eyes"]);
  });

  it("lets an answer go on after 2 s while its first mark waits, and asked again keeps an end mark's turn", async () => {
    const { clock, marks, made, letGo } = world();
    let isOver = false;
    void marks.mark(message, "working").then(() => {
      isOver = true;
    });
    await clock.advance(1_900);
    expect(isOver).toBe(false);
    await clock.advance(100);
    expect(isOver).toBe(true);
    const both = [marks.mark(message, "incomplete"), marks.mark(message, "incomplete")];
    await settle();
    await letGo();
    await Promise.all(both);
    expect(made).toEqual(["+warning"]);
  });

  it("keeps an end mark that comes again while its removal still waits", async () => {
    const { clock, marks, made, letGo } = world(30_000);
    for (const mark of ["done", undefined, "working", "done"] as const) {
      const shown = marks.mark(message, mark);
      await letGo();
      await shown;
    }
    await clock.advance(60_000);
    expect(made.slice(0, 3)).toEqual(["+white_check_mark", "+eyes", "+white_check_mark"]);
    expect(made).not.toContain("-white_check_mark");
    expect(made).toContain("-eyes");
  });

  it("takes the old end mark away before the first mark of a question that is asked again", async () => {
    const { marks, made, letGo } = world();
    const done = marks.mark(message, "done");
    await letGo();
    await done;
    made.length = 0;
    void marks.mark(message, undefined);
    void marks.mark(message, "working");
    await settle();
    await letGo();
    expect(made).toEqual(["-white_check_mark", "+eyes"]);
  });

  it("gives a question its end mark alone while removals are minutes behind, and both marks afterwards", async () => {
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
});
