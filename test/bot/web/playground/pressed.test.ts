import { afterEach, describe, expect, it } from "vitest";
import type { Reply } from "../../../../src/commands/command.js";
import { type Listener, listen, type RunningPlayground, startPlayground } from "./playground-support.js";

let running: RunningPlayground;
const listeners: Listener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) listener.close();
  await running.stop();
});

const PLACE = { platform: "playground", workspace: "local", channel: "general" };
const CONTROLS = [{ label: "Retry", command: "/chat retry" }];

async function start(onCommand: (text: string, on: string | undefined) => readonly Reply[]) {
  running = await startPlayground({
    bot: {
      async *onCommand({ text, on }) {
        yield* onCommand(text, on);
      },
    },
  });
  const events = await listen(running.url, "general");
  listeners.push(events);
  await running.post("general", { text: "hello" });
  const { message } = await running.playground.post(PLACE, { markdown: "Hi", controls: CONTROLS });
  return { ...running, events, answer: message };
}

describe("a control that is pressed under an answer", () => {
  it("tells the command where it stands, goes when it has served, and shows no reply that says nothing new", async () => {
    const { events, post, answer, calls, messages } = await start((_text, on) => [
      { markdown: `again, on ${on}`, isQuiet: true, dropsControls: true },
    ]);
    await post("general", { text: "/chat retry", on: answer });
    expect(await events.next("edit")).toEqual({ id: answer, text: "Hi" });
    expect(calls.map(({ on }) => on)).toEqual([answer]);
    expect(await messages("general")).toEqual([
      expect.anything(),
      expect.not.objectContaining({ controls: expect.anything() }),
    ]);
    await post("general", { text: "/chat retry" });
    // Typed by hand, it is answered.
    expect(await events.next("ephemeral")).toMatchObject({ text: "again, on undefined" });
    expect(events.raw().match(/event: ephemeral/g)).toHaveLength(1);
  });

  it("stays when the command was refused, and the reason is shown", async () => {
    const { events, post, answer, messages } = await start(() => [{ markdown: "🔒 Not yours.", isFailure: true }]);
    await post("general", { text: "/chat retry", on: answer });
    expect(await events.next("ephemeral")).toMatchObject({ text: "🔒 Not yours." });
    expect((await messages("general")).at(-1)).toMatchObject({ controls: CONTROLS });
  });

  it("may stand on a message that is gone", async () => {
    const { events, post } = await start(() => [{ markdown: "again", dropsControls: true }]);
    expect((await post("general", { text: "/chat retry", on: "nothing" })).status).toBe(202);
    expect(await events.next("ephemeral")).toMatchObject({ text: "again" });
  });

  it.each([{ on: "" }, { on: 5 }, { on: "a\nb" }, { panel: "x".repeat(201) }, { panel: "a\nb" }])(
    "refuses %j",
    async (where) => {
      const { post, calls } = await start(() => []);
      expect((await post("general", { text: "/help", ...where })).status).toBe(400);
      expect(calls).toEqual([]);
    },
  );
});

describe("a control that is pressed on a panel", () => {
  it("shows what came of it above the panel as it is by then", async () => {
    let count = 0;
    const { events, post } = await start((text) => {
      if (text !== "/models status") return [{ markdown: "working" }, { markdown: "done" }];
      count += 1;
      return [{ markdown: `panel ${count}`, panel: "/models status", controls: CONTROLS }];
    });
    await post("general", { text: "/models status" });
    expect(await events.next("ephemeral")).toMatchObject({ text: "panel 1", panel: "/models status" });
    await post("general", { text: "/refresh-models\nand more", panel: "/models status" });
    expect(await events.next("ephemeral")).toMatchObject({ text: "working\n\npanel 2", panel: "/models status" });
    expect(await events.next("ephemeral")).toMatchObject({ text: "done\n\npanel 3", controls: CONTROLS });
  });
});
