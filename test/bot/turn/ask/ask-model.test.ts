import { describe, expect, it } from "vitest";
import { askModel, createAnswerText, MAX_ANSWER_MS } from "../../../../src/bot/turn/ask/ask-model.js";
import { ProviderError, type ProviderErrorReason } from "../../../../src/providers/provider.js";
import { createCircuitBreaker } from "../../../../src/usage/circuit-breaker.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";
import { scriptedProvider } from "../../../support/scripted-provider.js";

const error = (reason: ProviderErrorReason, details: { status?: number; retryAfterMs?: number } = {}) =>
  new ProviderError("openai", reason, "vendor's text", details);

function setup() {
  const clock = fakeClock();
  const provider = scriptedProvider("openai");
  const breaker = createCircuitBreaker(clock);
  const controller = new AbortController();
  const ask = () => {
    const text = createAnswerText({ showsReasoning: true });
    const terms = {
      provider,
      request: { model: "m1", messages: [{ role: "user" as const, content: "hello" }] },
      signal: controller.signal,
      text,
      onText() {},
    };
    return askModel({ breaker, clock, silenceMs: 60_000 }, terms);
  };
  const stream = (index: number) => {
    const found = provider.streams[index];
    if (found === undefined) throw new Error(`nothing was asked for the ${index + 1}. time`);
    return found;
  };
  return { clock, provider, breaker, controller, ask, stream };
}

describe("askModel()", () => {
  it.each(["network", "overloaded", "cut-off", "rate-limited"] as const)(
    "tries again after half a second and after two where nothing was shown yet: %s",
    async (reason) => {
      const { clock, provider, ask, stream } = setup();
      const answer = ask();
      await settle();
      stream(0).fail(error(reason));
      await clock.advance(499);
      expect(provider.streams).toHaveLength(1);
      await clock.advance(1);
      stream(1).fail(error(reason));
      await clock.advance(1_999);
      expect(provider.streams).toHaveLength(2);
      await clock.advance(1);
      stream(2).send("at last");
      stream(2).finish();
      await settle();
      expect(await answer).toMatchObject({ ending: "done", text: "at last" });
    },
  );

  it("gives up after the third failure", async () => {
    const { clock, provider, ask, stream } = setup();
    const answer = ask();
    for (let attempt = 0; attempt < 3; attempt++) {
      await settle();
      stream(attempt).fail(error("http", { status: 500 }));
      await clock.advance(2_000);
    }
    expect(await answer).toMatchObject({ ending: "failed", error: { reason: "http" } });
    expect(provider.streams).toHaveLength(3);
  });

  it.each([
    ["a refused key", error("auth", { status: 401 })],
    ["a request that is refused", error("bad-request", { status: 400 })],
    ["an unknown model", error("unknown-model", { status: 404 })],
    ["a used-up budget", error("spend-cap", { status: 429 })],
    ["a silence that was waited for already", error("timeout")],
    ["a wait of more than 5 s", error("rate-limited", { status: 429, retryAfterMs: 5_001 })],
  ])("does not try again: %s", async (_name, failure) => {
    const { clock, provider, ask, stream } = setup();
    const answer = ask();
    await settle();
    stream(0).fail(failure);
    await clock.advance(60_000);
    expect(await answer).toMatchObject({ ending: "failed", error: failure });
    expect(provider.streams).toHaveLength(1);
  });

  it("waits as long as the provider asks, up to 5 s", async () => {
    const { clock, provider, ask, stream } = setup();
    void ask();
    await settle();
    stream(0).fail(error("rate-limited", { status: 429, retryAfterMs: 5_000 }));
    await clock.advance(4_999);
    expect(provider.streams).toHaveLength(1);
    await clock.advance(1);
    expect(provider.streams).toHaveLength(2);
  });

  it.each(["send", "think"] as const)("never tries again after something was shown (%s)", async (verb) => {
    const { clock, provider, ask, stream } = setup();
    const answer = ask();
    await settle();
    stream(0)[verb]("half");
    stream(0).fail(error("network"));
    await clock.advance(60_000);
    expect((await answer).ending).toBe(verb === "send" ? "cut-off" : "failed");
    expect(provider.streams).toHaveLength(1);
  });

  it("can be called off between two tries", async () => {
    const { clock, provider, controller, ask, stream } = setup();
    const answer = ask();
    await settle();
    stream(0).fail(error("network"));
    await clock.advance(100);
    controller.abort(new Error("stopped"));
    await clock.advance(1);
    expect(await answer).toMatchObject({ ending: "failed", error: new Error("stopped") });
    await clock.advance(10_000);
    expect(provider.streams).toHaveLength(1);
  });

  it("answers at once while the circuit is open, and asks nobody", async () => {
    const { clock, provider, breaker, ask } = setup();
    for (let failure = 0; failure < 5; failure++) breaker.fail("openai", error("network"));
    const answer = await ask();
    expect(answer).toMatchObject({ ending: "failed", error: { name: "ProviderDown", retryAfterMs: 15_000 } });
    expect(provider.streams).toEqual([]);
    await clock.advance(15_000);
    void ask();
    await settle();
    expect(provider.streams).toHaveLength(1);
  });

  it("closes the circuit with the first sign of life of a probe", async () => {
    const { clock, breaker, ask, stream } = setup();
    for (let failure = 0; failure < 5; failure++) breaker.fail("openai", error("network"));
    await clock.advance(15_000);
    void ask();
    await settle();
    expect(breaker.admit("openai").isOpen).toBe(true);
    stream(0).send("I am back");
    await settle();
    expect(breaker.admit("openai").isOpen).toBe(false);
  });

  it("ends an answer that trickles for a quarter of an hour, and keeps what there is", async () => {
    const { clock, ask, stream } = setup();
    const answer = ask();
    await settle();
    for (let elapsedMs = 0; elapsedMs < MAX_ANSWER_MS; elapsedMs += 30_000) {
      stream(0).send(".");
      await clock.advance(30_000);
    }
    expect(await answer).toMatchObject({ ending: "cut-off", text: ".".repeat(30), error: { name: "AnswerTooLong" } });
    expect(stream(0).signal.aborted).toBe(true);
  });
});

function answer(showsReasoning: boolean, ...deltas: readonly (readonly ["say" | "think", string])[]) {
  const text = createAnswerText({ showsReasoning });
  const steps: string[] = [];
  for (const [verb, delta] of deltas) {
    text[verb](delta);
    steps.push(text.shown());
  }
  expect(text.saidChars()).toBe(text.said().length);
  return { said: text.said(), shown: text.shown(), steps };
}

describe("createAnswerText()", () => {
  it("quotes what was thought above what is said, and each step continues the one before", () => {
    const { said, shown, steps } = answer(
      true,
      ["think", "First\nsecond"],
      ["think", " line"],
      ["say", "\n\nYes"],
      ["say", ", of course."],
    );
    expect(shown).toBe("> First\n> second line\n\nYes, of course.");
    expect(said).toBe("Yes, of course.");
    for (const [index, step] of steps.entries()) expect(step.startsWith(steps[index - 1] ?? "")).toBe(true);
  });

  it("leaves it out where nobody asked for it", () => {
    const { said, shown } = answer(false, ["think", "secret"], ["say", "Yes"]);
    expect([said, shown]).toEqual(["Yes", "Yes"]);
  });

  it("does not let a thought break up an answer that has begun", () => {
    expect(answer(true, ["say", "Yes"], ["think", "hm"], ["say", " and no"]).shown).toBe("Yes and no");
  });

  it("shows at most 20,000 characters of it", () => {
    const { shown } = answer(true, ["think", "x".repeat(19_999)], ["think", "yz"], ["think", "more"], ["say", "Yes"]);
    expect(shown).toBe(`> ${"x".repeat(19_999)}y…\n\nYes`);
  });

  it("says nothing for empty deltas", () => {
    expect(answer(true, ["think", ""], ["say", ""])).toMatchObject({ said: "", shown: "" });
  });
});
