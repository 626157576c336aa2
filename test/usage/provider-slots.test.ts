import { describe, expect, it } from "vitest";
import { createProviderSlots } from "../../src/usage/provider-slots.js";
import { settle } from "../support/fake-clock.js";

/** Work that lasts until it is let go. */
function worker(log: string[]) {
  const held = new Map<string, () => void>();
  return {
    start: (name: string) => () => {
      log.push(name);
      return new Promise<string>((resolve) => held.set(name, () => resolve(name)));
    },
    end: (name: string) => held.get(name)?.(),
  };
}
const signal = () => new AbortController().signal;

describe("createProviderSlots()", () => {
  it("lets the rest wait in order of arrival, per provider", async () => {
    const log: string[] = [];
    const { start, end } = worker(log);
    const slots = createProviderSlots(1);
    const results = ["a", "b", "c"].map((name) => slots.run("openai", signal(), start(name)));
    void slots.run("anthropic", signal(), start("other"));
    await settle();
    expect(log).toEqual(["a", "other"]);
    end("a");
    await settle();
    expect(log).toEqual(["a", "other", "b"]);
    end("b");
    await settle();
    end("c");
    await expect(Promise.all(results)).resolves.toEqual(["a", "b", "c"]);
  });

  it("ends one that waits as soon as it is aborted, and serves the next", async () => {
    const log: string[] = [];
    const { start, end } = worker(log);
    const slots = createProviderSlots(1);
    void slots.run("openai", signal(), start("a"));
    const controller = new AbortController();
    const waits = slots.run("openai", controller.signal, start("b"));
    void slots.run("openai", signal(), start("c"));
    controller.abort(new Error("stopped"));
    await expect(waits).rejects.toThrow("stopped");
    end("a");
    await settle();
    expect(log).toEqual(["a", "c"]);
  });

  it("leaves what has begun to end by itself after an abort", async () => {
    const log: string[] = [];
    const { start, end } = worker(log);
    const controller = new AbortController();
    const running = createProviderSlots(1).run("openai", controller.signal, start("a"));
    await settle();
    controller.abort(new Error("stopped"));
    await settle();
    end("a");
    await expect(running).resolves.toBe("a");
  });

  it("frees the slot of work that fails", async () => {
    const slots = createProviderSlots(1);
    await expect(slots.run("openai", signal(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(slots.run("openai", signal(), async () => 1)).resolves.toBe(1);
  });

  it("has no limit at 0", async () => {
    const log: string[] = [];
    const slots = createProviderSlots(0);
    for (let count = 0; count < 50; count++) void slots.run("openai", signal(), worker(log).start("x"));
    await settle();
    expect(log).toHaveLength(50);
  });
});
