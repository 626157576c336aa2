import { describe, expect, it } from "vitest";
import { createTurnQueue } from "../../../src/bot/turn/turn-queue.js";
import { settle } from "../../support/fake-clock.js";

function gate() {
  let open: () => void = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

describe("createTurnQueue()", () => {
  it("runs one turn of a conversation at a time, in order of arrival", async () => {
    const queue = createTurnQueue();
    const gates = [gate(), gate(), gate()];
    const log: number[] = [];
    const places = gates.map(({ passed }, index) =>
      queue.add("a", async () => {
        log.push(index);
        await passed;
      }),
    );
    expect(places).toEqual(["running", "waiting", "waiting"]);
    await settle();
    expect(log).toEqual([0]);
    gates[0]?.open();
    await settle();
    expect(log).toEqual([0, 1]);
    for (const { open } of gates) open();
    await queue.idle();
    expect(log).toEqual([0, 1, 2]);
    expect(queue.size()).toBe(0);
  });

  it("lets five wait and tells the sixth that the line is full", () => {
    const queue = createTurnQueue();
    const { passed } = gate();
    const places = Array.from({ length: 7 }, () => queue.add("a", () => passed));
    expect(places).toEqual(["running", "waiting", "waiting", "waiting", "waiting", "waiting", "full"]);
    expect(queue.size()).toBe(6);
  });

  it("lets conversations pass each other", async () => {
    const queue = createTurnQueue();
    const { passed } = gate();
    queue.add("a", () => passed);
    let hasRun = false;
    expect(
      queue.add("b", async () => {
        hasRun = true;
      }),
    ).toBe("running");
    await settle();
    expect(hasRun).toBe(true);
  });

  it("starts afresh when a conversation's line has run dry", async () => {
    const queue = createTurnQueue();
    queue.add("a", async () => {});
    await queue.idle();
    expect(queue.placeFor("a")).toBe("running");
  });

  it("is idle at once when nothing runs", async () => {
    await expect(createTurnQueue().idle()).resolves.toBeUndefined();
  });
});
