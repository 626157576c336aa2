import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createAnthropicProvider,
  maxTokensFor,
  readAnthropicRow,
  readEvent,
} from "../../src/providers/anthropic-wire/anthropic-provider.js";
import { AnswerDraft } from "../../src/providers/chat/answer-draft.js";
import type { ChatEvent, ChatMessage, Provider } from "../../src/providers/provider.js";
import { FAKE_ANTHROPIC_KEY, type FakeAnthropic, startFakeAnthropic } from "../support/fake-anthropic.js";
import { fakeClock } from "../support/fake-clock.js";

const user = (content: string): ChatMessage => ({ role: "user", content });
const assistant = (content: string): ChatMessage => ({ role: "assistant", content });
const idle = () => new AbortController().signal;

describe("maxTokensFor()", () => {
  const request = { model: "m", messages: [] };
  it.each([
    [undefined, 8_192],
    [4_096, 4_096],
    [16_384, 16_384],
    [128_000, 16_384],
  ])("gives %s known tokens %s", (known, expected) => {
    expect(maxTokensFor(request, known)).toBe(expected);
  });

  it("takes the request's own number first", () => {
    expect(maxTokensFor({ ...request, maxOutputTokens: 5 }, 4_096)).toBe(5);
  });
});

describe("readAnthropicRow()", () => {
  it("leaves out what the service does not know", () => {
    const row = { id: "claude-x", created_at: "1970-01-01T00:00:00Z", max_tokens: null, capabilities: null };
    expect(readAnthropicRow(row)).toEqual({ id: "claude-x", isChat: true });
  });

  it("does not offer a retired model", () => {
    expect(readAnthropicRow({ id: "claude-2", lifecycle: "retired" })?.isChat).toBe(false);
    expect(readAnthropicRow({ id: "claude-3", lifecycle: "deprecated" })?.isChat).toBe(true);
  });
});

/** How a message of these events ends. */
function endOf(...events: unknown[]) {
  const draft = new AnswerDraft();
  for (const event of events) readEvent(event, draft);
  draft.finish(undefined);
  return draft.take();
}

describe("readEvent()", () => {
  it.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["refusal", "refused"],
  ])("reads the stop reason %s as %s", (stop, reason) => {
    expect(endOf({ type: "message_delta", delta: { stop_reason: stop } })).toMatchObject({ type: "finish", reason });
  });

  it("adds what the cache held to the input", () => {
    const usage = { input_tokens: 10, cache_read_input_tokens: 200, cache_creation_input_tokens: 30, output_tokens: 1 };
    const begun = { type: "message_start", message: { model: "m", usage } };
    const done = { type: "message_delta", delta: {}, usage: { output_tokens: 55, input_tokens: null } };
    expect(endOf(begun, done)).toBeUndefined();
    expect(endOf(begun, done, { type: "message_stop" })).toEqual({
      type: "finish",
      reason: "stop",
      model: "m",
      usage: { inputTokens: 240, cachedTokens: 200, outputTokens: 55 },
    });
  });
});

describe("createAnthropicProvider()", () => {
  let vendor: FakeAnthropic;
  let provider: Provider;
  const create = (baseUrl: string) =>
    createAnthropicProvider(
      { id: "anthropic", baseUrl, key: FAKE_ANTHROPIC_KEY },
      { clock: fakeClock(), warn: () => {} },
    );
  async function chat(messages: readonly ChatMessage[], model = "claude-sonnet-5") {
    const events: ChatEvent[] = [];
    for await (const event of provider.streamChat({ model, messages }, idle())) events.push(event);
    return events;
  }

  beforeEach(async () => {
    vendor = await startFakeAnthropic({ pageRows: 2, models: ["claude-sonnet-5", "b", "c", "d", "e"] });
    provider = create(vendor.url);
  });
  afterEach(() => vendor.close());

  it("reads the list over all pages, with what the service tells of a model", async () => {
    const models = await provider.listModels(idle());
    expect(models.map(({ id }) => id)).toEqual(["claude-sonnet-5", "b", "c", "d", "e"]);
    expect(models[0]).toEqual({
      id: "claude-sonnet-5",
      name: "Fake claude-sonnet-5",
      contextTokens: 200_000,
      outputTokens: 64_000,
      input: ["text", "image"],
      releasedAt: Date.UTC(2026, 5, 30),
      isChat: true,
    });
    expect(vendor.listRequests()).toBe(3);
  });

  it("names the length of an answer, better once the list is known", async () => {
    await chat([user("hi")]);
    await provider.listModels(idle());
    await chat([user("hi")]);
    const asked = vendor.requests.filter(({ path }) => path === "/v1/messages").map(({ body }) => body?.max_tokens);
    expect(asked).toEqual([8_192, 16_384]);
  });

  it("is taken by a service that wants the user first", async () => {
    expect((await chat([assistant("cut off"), user("hi")])).at(-1)).toMatchObject({ type: "finish", reason: "stop" });
  });

  it("takes an address that ends in /v1", async () => {
    provider = create(`${vendor.url}/v1`);
    expect(await provider.listModels(idle())).toHaveLength(5);
  });

  it("tells a refusal as such", async () => {
    const coming = vendor.nextStream();
    const events = chat([user("hi")]);
    (await coming).finish("refused");
    expect((await events).at(-1)).toMatchObject({ type: "finish", reason: "refused" });
  });

  it("prints nothing about a model that is about to retire", async () => {
    vendor.setModels(["claude-sonnet-4-5"]);
    const printed: unknown[] = [];
    const real = console.warn;
    console.warn = (...words) => void printed.push(words);
    await chat([user("hi")], "claude-sonnet-4-5");
    console.warn = real;
    expect(printed).toEqual([]);
  });
});
