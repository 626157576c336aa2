import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.js";
import { createDemoProvider } from "../../src/providers/demo/demo-provider.js";
import { demo } from "../../src/providers/demo.js";
import type { ChatEvent, ChatRequest } from "../../src/providers/provider.js";
import { fakeClock } from "../support/fake-clock.js";

const context = (configured: readonly string[]) => ({
  configured,
  builtIn: ["demo"],
  fault: (variable: string) => expect.unreachable(variable),
});
const isOn = (value: boolean | undefined, configured: readonly string[] = []) =>
  demo.configure({ DEMO_PROVIDER: value }, context(configured)).length === 1;

const instant = { now: () => 0, sleep: async (_ms: number, signal?: AbortSignal) => signal?.throwIfAborted() };
const ask = (content: string, model = "evergreen-demo"): ChatRequest => ({
  model,
  messages: [{ role: "user", content }],
});

async function answer(request: ChatRequest) {
  const events: ChatEvent[] = [];
  for await (const event of createDemoProvider({ clock: instant }).streamChat(request, new AbortController().signal))
    events.push(event);
  const join = (type: ChatEvent["type"]) =>
    events.map((event) => (event.type === type && "text" in event ? event.text : "")).join("");
  return { events, text: join("text-delta"), reasoning: join("reasoning-delta") };
}

describe("demo", () => {
  it("is on by itself only where nothing else is configured", () => {
    expect(isOn(undefined)).toBe(true);
    expect(isOn(undefined, ["openai"])).toBe(false);
    expect(isOn(true, ["openai"])).toBe(true);
    expect(isOn(false)).toBe(false);
  });

  it("lists chat models, the preferred one among them", async () => {
    const models = await createDemoProvider({ clock: systemClock }).listModels(new AbortController().signal);
    expect(models.map((model) => model.id)).toEqual(["evergreen-demo", "evergreen-thinker", "evergreen-classic"]);
    expect(models.every((model) => model.isChat)).toBe(true);
  });

  it("says that it is a demo, which model answers, and which variables bring real ones", async () => {
    const { text } = await answer(ask("How tall is a fir?"));
    expect(text).toContain("**Evergreen Demo**");
    expect(text).toContain("> How tall is a fir?");
    expect(text).toContain("OPENAI_API_KEY=");
    expect((await answer(ask("x", "evergreen-classic"))).text).toContain("**Evergreen Classic**");
  });

  it("reasons only with the model that thinks", async () => {
    expect((await answer(ask("x", "evergreen-thinker"))).reasoning).toContain("1 message;");
    expect((await answer(ask("x"))).reasoning).toBe("");
  });

  it("ends with one finish that tells the usage and the model", async () => {
    const { events } = await answer(ask("x"));
    expect(events.filter((event) => event.type === "finish")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ reason: "stop", model: "evergreen-demo", usage: { inputTokens: 1 } });
  });

  it("cuts a long question without halving a character", async () => {
    const { text } = await answer(ask("🌲".repeat(5_000)));
    expect(text).toContain(`> ${"🌲".repeat(300)}…`);
  });

  it("refuses a model that it does not have", async () => {
    await expect(answer(ask("x", "gpt-5"))).rejects.toMatchObject({ reason: "unknown-model", provider: "demo" });
  });

  it("streams word by word on the clock and stops when aborted", async () => {
    const clock = fakeClock();
    const controller = new AbortController();
    let pieces = 0;
    const reading = (async () => {
      for await (const _event of createDemoProvider({ clock }).streamChat(ask("x"), controller.signal)) pieces += 1;
    })();
    const ended = reading.catch((error: unknown) => error);
    await clock.advance(150);
    expect(pieces).toBe(10);
    const reason = new Error("stop");
    controller.abort(reason);
    expect(await ended).toBe(reason);
  });
});
