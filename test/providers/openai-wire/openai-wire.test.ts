import { afterEach, describe, expect, it, vi } from "vitest";
import { AnswerDraft } from "../../../src/providers/chat/answer-draft.js";
import { isChatModel, readOpenAiRow } from "../../../src/providers/openai-wire/model-row.js";
import { createOpenAiProvider, readChunk } from "../../../src/providers/openai-wire/openai-provider.js";
import type { ChatEvent, Provider } from "../../../src/providers/provider.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import {
  FAKE_OPENAI_KEY,
  type FakeOpenAi,
  type FakeOpenAiOptions,
  startFakeOpenAi,
} from "../../support/fake-openai.js";

const row = (fields: Record<string, unknown>) => readOpenAiRow({ id: "m", ...fields }, { isChat: isChatModel });

describe("readOpenAiRow()", () => {
  it("keeps nothing but the id where the vendor says no more", () => {
    expect(row({ object: "model", owned_by: "x", permission: [] })).toEqual({ id: "m", isChat: true });
  });

  it("reads OpenRouter's row, prices per million", () => {
    const openRouter = {
      id: "anthropic/claude-sonnet-4.6",
      name: "Anthropic: Claude Sonnet 4.6",
      created: 1_771_286_400,
      context_length: 1_000_000,
      architecture: { input_modalities: ["text", "image", "file"], output_modalities: ["text"] },
      pricing: { prompt: "0.000003", completion: "0.000015", request: "0" },
      top_provider: { context_length: 1_000_000, max_completion_tokens: 64_000 },
    };
    expect(row(openRouter)).toEqual({
      id: "anthropic/claude-sonnet-4.6",
      name: "Anthropic: Claude Sonnet 4.6",
      contextTokens: 1_000_000,
      outputTokens: 64_000,
      inputPrice: 3,
      outputPrice: 15,
      input: ["text", "image"],
      releasedAt: 1_771_286_400_000,
      isChat: true,
    });
  });

  it("tells free from unknown", () => {
    expect(row({ pricing: { prompt: "0", completion: "0" } })).toMatchObject({ inputPrice: 0, outputPrice: 0 });
    expect(row({ pricing: { prompt: "-1", completion: "-1" } })).not.toHaveProperty("inputPrice");
    expect(row({ pricing: { input: 0, output: 0 } })).not.toHaveProperty("inputPrice");
    expect(row({ pricing: { input: 0.88, output: 0.9 } })).toMatchObject({ inputPrice: 0.88, outputPrice: 0.9 });
    expect(row({ pricing: { prompt: "free" } })).not.toHaveProperty("inputPrice");
  });

  it("reads the windows of Groq, Mistral and vLLM, and no zero", () => {
    expect(row({ context_window: 131_072, max_completion_tokens: 8_192 })).toMatchObject({
      contextTokens: 131_072,
      outputTokens: 8_192,
    });
    expect(row({ max_context_length: 32_768 })?.contextTokens).toBe(32_768);
    expect(row({ max_model_len: 4_096 })?.contextTokens).toBe(4_096);
    expect(row({ context_length: 0 })).not.toHaveProperty("contextTokens");
  });

  it("believes the vendor about what is for chat", () => {
    expect(row({ type: "embedding" })?.isChat).toBe(false);
    expect(row({ type: "chat" })?.isChat).toBe(true);
    expect(row({ type: "base", capabilities: { completion_chat: false } })?.isChat).toBe(false);
    expect(row({ capabilities: { completion_chat: true, vision: true } })).toMatchObject({
      isChat: true,
      input: ["text", "image"],
    });
    expect(row({ architecture: { output_modalities: ["image"] } })?.isChat).toBe(false);
    expect(row({ active: false })?.isChat).toBe(false);
  });

  it("takes a prefix off only where the vendor is the one who puts it there", () => {
    const id = "models/gemini-2.5-flash";
    expect(readOpenAiRow({ id }, { isChat: isChatModel, idPrefix: "models/" })?.id).toBe("gemini-2.5-flash");
    expect(row({ id })?.id).toBe(id);
  });

  it.each([[""], [" m"], ["a\nb"], ["a\u2028b"], ["x".repeat(201)], [7], [null], [undefined]])(
    "refuses the id %j",
    (id) => {
      expect(row({ id })).toBeUndefined();
    },
  );

  it("takes an id of 200 characters", () => {
    expect(row({ id: "x".repeat(200) })).toBeDefined();
  });
});

/** What a chat of these chunks comes to. */
function read(...chunks: unknown[]) {
  const draft = new AnswerDraft();
  for (const chunk of chunks) readChunk(chunk, draft);
  const isWhole = draft.finish(undefined);
  const events: ChatEvent[] = [];
  for (let event = draft.take(); event !== undefined; event = draft.take()) events.push(event);
  return { isWhole, events };
}
const delta = (fields: object) => read({ choices: [{ delta: fields }] }).events;

describe("readChunk()", () => {
  it("reads reasoning under each of its names, and once where it comes under two", () => {
    const thought = [{ type: "reasoning-delta", text: "a" }];
    expect(delta({ reasoning_content: "a" })).toEqual(thought);
    expect(delta({ reasoning: "a" })).toEqual(thought);
    expect(delta({ reasoning_text: "a" })).toEqual(thought);
    expect(delta({ reasoning_details: [{ type: "reasoning.text", text: "a" }] })).toEqual(thought);
    expect(delta({ reasoning: "a", reasoning_details: [{ type: "reasoning.text", text: "a" }] })).toEqual(thought);
    expect(delta({ reasoning_details: [{ type: "reasoning.summary", summary: "a" }] })).toEqual(thought);
    const parts = [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "yes" },
    ];
    expect(delta({ content: parts })).toEqual([
      { type: "reasoning-delta", text: "hm" },
      { type: "text-delta", text: "yes" },
    ]);
  });

  it("counts hidden thoughts and a tool's arguments as progress", () => {
    expect(delta({ reasoning_details: [{ type: "reasoning.encrypted", data: "x" }] })).toEqual([{ type: "progress" }]);
    expect(delta({ tool_calls: [{ index: 0, function: { arguments: "{" } }] })).toEqual([{ type: "progress" }]);
  });

  it("reads a choice that is no list", () => {
    const choices = { index: 0, message: { content: "Yes." }, finish_reason: "stop" };
    expect(read({ choices })).toMatchObject({ isWhole: true, events: [{ text: "Yes." }, { reason: "stop" }] });
    expect(read({ choices: { 0: choices } })).toMatchObject({ isWhole: true, events: [{ text: "Yes." }, {}] });
  });

  // The lines as Ollama's documentation of /api/chat and /api/generate has them.
  it("reads Ollama's own lines, as a proxy before it may send them", () => {
    const said = { message: { role: "assistant", thinking: "hm", content: "Yes." }, done: false };
    const end = { message: { content: "" }, done: true, done_reason: "length", prompt_eval_count: 5, eval_count: 4 };
    expect(read(said, end)).toMatchObject({
      isWhole: true,
      events: [
        { type: "reasoning-delta", text: "hm" },
        { type: "text-delta", text: "Yes." },
        { reason: "length", usage: { inputTokens: 5, outputTokens: 4 } },
      ],
    });
    expect(read(said).isWhole).toBe(false);
    expect(read({ response: "Yes.", done: true }).events).toMatchObject([{ text: "Yes." }, { reason: "stop" }]);
    expect(read({ ...end, done_reason: "load" }).isWhole).toBe(false);
  });

  it("shows a refusal as text", () => {
    expect(delta({ content: null, refusal: "No." })).toEqual([{ type: "text-delta", text: "No." }]);
  });

  it.each([[undefined], [null], ["x"], [{}], [{ choices: [] }], [{ choices: [{}] }], [{ choices: [{ delta: null }] }]])(
    "finds nothing in %j",
    (chunk) => {
      expect(read(chunk)).toEqual({ isWhole: false, events: [] });
    },
  );

  it("finds no text in broken parts", () => {
    const types = delta({ content: [{ type: "thinking" }, null, { type: "text" }] }).map(({ type }) => type);
    expect(types.filter((type) => type !== "progress")).toEqual([]);
  });

  it.each([
    ["stop", "stop"],
    ["length", "length"],
    ["content_filter", "filtered"],
    ["tool_calls", "stop"],
    ["eos", "stop"],
  ])("reads the finish reason %j as %s", (word, reason) => {
    expect(read({ choices: [{ finish_reason: word }] }).events).toEqual([{ type: "finish", reason }]);
  });

  it.each([[null], [""]])("takes the finish reason %j for none", (word) => {
    expect(read({ choices: [{ finish_reason: word }] }).isWhole).toBe(false);
  });

  it("knows a refusal by what was said before the finish, which may be filtered or cut as any other", () => {
    const said = [{ refusal: "" }, { refusal: "I can't " }, { refusal: "help." }, {}].map((fields) => ({
      choices: [{ delta: fields, finish_reason: null }],
    }));
    const end = (word: string) => read(...said, { choices: [{ delta: {}, finish_reason: word }] }).events.at(-1);
    expect(end("stop")).toMatchObject({ reason: "refused" });
    expect(end("length")).toMatchObject({ reason: "length" });
    expect(read(...said).isWhole).toBe(false);
  });

  it.each([
    [
      "earendil-works/pi#2017",
      { choices: [{ finish_reason: "stop", usage: { prompt_tokens: 3, completion_tokens: 2 } }] },
    ],
    [
      "vercel/ai#1651",
      { choices: [{ finish_reason: "stop" }], x_groq: { usage: { prompt_tokens: 3, completion_tokens: 2 } } },
    ],
  ])("finds the count of tokens where vendors put it: %s", (_source, chunk) => {
    expect(read(chunk).events).toEqual([
      { type: "finish", reason: "stop", usage: { inputTokens: 3, outputTokens: 2 } },
    ]);
  });

  it("keeps what was known when a later chunk says nothing", () => {
    const known = { choices: [{ finish_reason: "stop" }], usage: { prompt_tokens: 1 }, model: "m" };
    expect(read(known, { choices: [], usage: null }).events).toEqual([
      { type: "finish", reason: "stop", usage: { inputTokens: 1 }, model: "m" },
    ]);
  });
});

describe("createOpenAiProvider()", () => {
  let vendor: FakeOpenAi | undefined;
  afterEach(() => vendor?.close());

  async function start(options: FakeOpenAiOptions = {}) {
    vendor = await startFakeOpenAi({ models: ["m"], ...options });
    const deps = { clock: fakeClock(), warn: () => {} };
    const { url } = vendor;
    const tokenLimit = options.compatible ? "max_tokens" : "max_completion_tokens";
    const provider = createOpenAiProvider(
      { id: "acme", baseUrl: url, key: FAKE_OPENAI_KEY, isChat: isChatModel, tokenLimit },
      deps,
    );
    return { vendor, provider };
  }
  async function chat(provider: Provider, content = "hello") {
    const events: ChatEvent[] = [];
    const request = { model: "m", messages: [{ role: "user", content } as const] };
    try {
      for await (const event of provider.streamChat(request, new AbortController().signal)) events.push(event);
    } catch (error) {
      return { events, error: error as Error };
    }
    return { events, error: undefined };
  }

  it("asks again without stream_options where a server refuses them, and remembers it", async () => {
    const { vendor, provider } = await start({ compatible: true, refusesStreamOptions: true });
    expect((await chat(provider)).events.at(-1)).toEqual({ type: "finish", reason: "stop", model: "m" });
    expect((await chat(provider)).error).toBeUndefined();
    expect(vendor.chatRequests()).toBe(3);
    expect(vendor.requests.map(({ body }) => "stream_options" in (body ?? {}))).toEqual([true, false, false]);
  });

  it.each([
    ["stream_options", 2, { detail: [{ loc: ["body", "stream_options"], msg: "Extra inputs are not permitted" }] }],
    ["max_completion_tokens", 3, { message: "Unrecognized request argument supplied: max_completion_tokens" }],
  ])("adapts once to a server that refuses %s, in the words of other servers", async (_what, requests, refusal) => {
    const { vendor, provider } = await start();
    vendor.failChats({ status: 422, raw: JSON.stringify(refusal), headers: { "content-type": "application/json" } });
    const request = { model: "m", messages: [{ role: "user", content: "hello" } as const], maxOutputTokens: 9 };
    const events = provider.streamChat(request, new AbortController().signal)[Symbol.asyncIterator]();
    await expect(events.next()).rejects.toMatchObject({ reason: "bad-request" });
    expect(vendor.chatRequests()).toBe(requests);
  });

  it("names the length in the way that the server takes", async () => {
    vendor = await startFakeOpenAi({ models: ["m"] });
    const wire = { id: "acme", baseUrl: vendor.url, key: FAKE_OPENAI_KEY, isChat: isChatModel } as const;
    const deps = { clock: fakeClock(), warn: () => {} };
    const provider = createOpenAiProvider({ ...wire, tokenLimit: "max_tokens" }, deps);
    const request = { model: "m", messages: [{ role: "user", content: "x" } as const], maxOutputTokens: 9 };
    for await (const _event of provider.streamChat(request, new AbortController().signal));
    expect(vendor.requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 9 });
  });

  it("does not ask again for another fault", async () => {
    const { vendor, provider } = await start();
    vendor.failChats({ status: 400, message: "temperature is out of range" });
    expect((await chat(provider)).error).toMatchObject({ reason: "bad-request" });
    expect(vendor.chatRequests()).toBe(1);
  });

  it("reads a list without a wrapper", async () => {
    const { provider } = await start({ listsBareArray: true, models: [{ id: "m", type: "chat" }] });
    expect(await provider.listModels(new AbortController().signal)).toMatchObject([{ id: "m", isChat: true }]);
  });

  it("reads Gemini's errors, which come in a list", async () => {
    const { vendor, provider } = await start();
    const raw = JSON.stringify([{ error: { code: 400, message: "API key not valid. Please pass a valid API key." } }]);
    vendor.failChats({ status: 400, raw, headers: { "content-type": "application/json" } });
    expect((await chat(provider)).error).toMatchObject({ reason: "auth", status: 400 });
  });

  it("reads OpenRouter's error inside a stream, whose code is a status", async () => {
    const { vendor, provider } = await start();
    const coming = vendor.nextStream();
    const ended = chat(provider);
    const stream = await coming;
    await stream.sendRaw(`data: {"choices":[],"error":{"code":502,"message":"Upstream gave up"}}\n\n`);
    stream.end();
    expect((await ended).error).toMatchObject({ reason: "http", status: 502, isRetryable: true });
    expect((await ended).error?.message).toContain("Upstream gave up");
  });

  it("takes an answer for whole when the connection drops after its finish marker", async () => {
    const { vendor, provider } = await start();
    const coming = vendor.nextStream();
    const ended = chat(provider);
    const stream = await coming;
    await stream.sendRaw(stream.frames.text("all of it"));
    await stream.sendRaw(`data: {"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`);
    for (let turn = 0; turn < 5; turn++) await settle();
    stream.cut();
    expect((await ended).events.at(-1)).toEqual({ type: "finish", reason: "stop", model: "m" });
  });

  it("says that an answer was filtered", async () => {
    const { vendor, provider } = await start();
    const coming = vendor.nextStream();
    const ended = chat(provider);
    (await coming).finish("content_filter");
    expect((await ended).events.at(-1)).toMatchObject({ type: "finish", reason: "filtered" });
  });

  it("sends no header that the environment adds for OpenAI", async () => {
    vi.stubEnv("OPENAI_CUSTOM_HEADERS", "X-Secret: 1\nCookie: a=b");
    vi.stubEnv("OPENAI_ORG_ID", "org-1");
    try {
      const { vendor, provider } = await start();
      await provider.listModels(new AbortController().signal);
      const headers = vendor.requests[0]?.headers ?? {};
      expect(Object.keys(headers).filter((name) => /secret|cookie|organization/.test(name))).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("leaves the vendor's words out where they hold a piece of the conversation", async () => {
    const { vendor, provider } = await start();
    const secret = "our merger with Acme closes in March, tell nobody about it yet";
    vendor.failChats({ status: 400, message: `Invalid prompt: "…${secret.slice(10, 40)}…"` });
    expect((await chat(provider, secret)).error?.message).toBe("acme refused the request (400)");
    vendor.failChats({ status: 400, message: "Bad: secret7" });
    expect((await chat(provider, "secret7")).error?.message).toBe("acme refused the request (400)");
  });

  it("shows the key neither whole nor escaped", async () => {
    const { vendor, provider } = await start();
    vendor.failChats({ status: 400, message: `Header was Bearer ${FAKE_OPENAI_KEY}` });
    const { error } = await chat(provider);
    expect(error?.message).toContain("[secret]");
    expect(error?.message).not.toContain(FAKE_OPENAI_KEY);
  });
});
