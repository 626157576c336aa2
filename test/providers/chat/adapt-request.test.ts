import { afterEach, describe, expect, it } from "vitest";
import { createAnthropicProvider } from "../../../src/providers/anthropic-wire/anthropic-provider.js";
import { acceptedRequest } from "../../../src/providers/chat/accepted-request.js";
import { adaptationFor, type Quirks, withinWindow } from "../../../src/providers/chat/adapt-request.js";
import { refusalError } from "../../../src/providers/http/provider-fault.js";
import { readRefusal } from "../../../src/providers/http/read-refusal.js";
import { createOpenAiProvider } from "../../../src/providers/openai-wire/openai-provider.js";
import type { ChatMessage, ChatRequest, Provider } from "../../../src/providers/provider.js";
import { fakeClock } from "../../support/fake-clock.js";
import { type SentBody, startScriptedServer } from "../../support/scripted-server.js";

const user = (content: string): ChatMessage => ({ role: "user", content });
const assistant = (content: string): ChatMessage => ({ role: "assistant", content });
const png = { mediaType: "image/png", bytes: Uint8Array.of(1, 2, 3) } as const;
const ASKED: ChatRequest = { model: "m", system: "Be brief.", messages: [user("hi")] };

let close = () => {};
afterEach(() => close());

type Refuse = (body: SentBody) => readonly [status: number, body: unknown] | undefined;

/** A server that refuses some requests and answers the others. */
async function serve(refuse: Refuse, create: (url: string) => Provider = overOpenAi) {
  const server = await startScriptedServer((body, response) => {
    const [status, refusal] = refuse(body) ?? [200, undefined];
    response.writeHead(status, { "content-type": "application/json" });
    if (refusal !== undefined) return void response.end(JSON.stringify(refusal));
    const choices = [{ index: 0, message: { content: "Fine." }, finish_reason: "stop" }];
    const content = [{ type: "text", text: "Fine." }];
    response.end(
      JSON.stringify({ type: "message", object: "chat.completion", choices, content, stop_reason: "end_turn" }),
    );
  });
  close = server.close;
  const provider = create(server.url);
  const chat = async (request: ChatRequest = ASKED) => {
    let text = "";
    for await (const event of provider.streamChat(request, new AbortController().signal)) {
      if (event.type === "text-delta") text += event.text;
    }
    return text;
  };
  return { chat, sent: server.sent };
}
const overOpenAi = (baseUrl: string) =>
  createOpenAiProvider(
    { id: "acme", baseUrl, key: "k", isChat: () => true, tokenLimit: "max_tokens" },
    { clock: fakeClock(), warn: () => {} },
  );
const overAnthropic = (baseUrl: string) =>
  createAnthropicProvider({ id: "anthropic", baseUrl, key: "k" }, { clock: fakeClock(), warn: () => {} });

const says = (message: string, code?: string) => ({ error: { message, ...(code !== undefined && { code }) } });
const messagesOf = (body: SentBody) => body.messages as readonly { role: string; content: unknown }[];
const hasSystem = (body: SentBody) => messagesOf(body).some(({ role }) => role === "system");

describe("a refused parameter", () => {
  it.each<[string, number, unknown]>([
    ["vLLM", 400, { object: "error", message: "System role not supported", code: 400 }],
    // google/adk-python#3900, 0xPlaygrounds/rig#788
    ["Gemini's Gemma", 400, [says("Developer instruction is not enabled for models/gemma-3-27b-it")]],
    // sgl-project/sglang#892
    ["SGLang", 500, { object: "error", message: "jinja2.exceptions.TemplateError: System role not supported" }],
    // huggingface/chat-ui#1386, abetlen/llama-cpp-python#1580
    ["Mistral's template", 400, says("Conversation roles must alternate user/assistant/user/assistant/...")],
    ["a schema", 422, { detail: "messages[0].role: Input should be 'user' or 'assistant', unexpected role system" }],
  ])("is folded into the first question where %s knows no system role, and stays so", async (_who, status, body) => {
    const { chat, sent } = await serve((asked) => (hasSystem(asked) ? [status, body] : undefined));
    expect(await chat()).toBe("Fine.");
    expect(await chat()).toBe("Fine.");
    expect(sent.map(hasSystem)).toEqual([true, false, false]);
    expect(messagesOf(sent[2] ?? {})).toEqual([user("Be brief.\n\nhi")]);
  });

  it.each([
    // just-every/code#331, charmbracelet/crush#422, continuedev/continue#8209
    ["Your organization must be verified to stream this model. Please go to: https://platform.openai.com/"],
    ["This model does not support streaming."],
    ["`stream` must be set to false for this endpoint"],
  ])("is left out where streaming is refused: %s", async (message) => {
    const { chat, sent } = await serve(({ stream }) => (stream === true ? [400, says(message)] : undefined));
    expect(await chat()).toBe("Fine.");
    expect(await chat()).toBe("Fine.");
    expect(sent.map(({ stream, stream_options }) => [stream, stream_options !== undefined])).toEqual([
      [true, true],
      [false, false],
      [false, false],
    ]);
  });

  it.each<[string, number]>([
    // continuedev/continue#4225, microsoft/vscode#295720
    [
      "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for claude-3-haiku-20240307",
      4_096,
    ],
    ["max_tokens is too large: 8192. This model supports at most 4096 completion tokens.", 4_096],
    ["Range of max_tokens should be [1, 2000]", 2_000],
    ["max_tokens exceeds what this model writes", 4_096],
  ])("is the vendor's number where the output limit is too high: %s", async (message, taken) => {
    const { chat, sent } = await serve(
      ({ max_tokens: limit }) => (Number(limit) > taken ? [400, says(message)] : undefined),
      overAnthropic,
    );
    expect(await chat()).toBe("Fine.");
    expect(await chat()).toBe("Fine.");
    expect(sent.map(({ max_tokens: limit }) => limit)).toEqual([8_192, taken, taken]);
  });

  it("is what the window leaves where the vendor says so, and the window is remembered", async () => {
    const message = "input length and `max_tokens` exceed context limit: 195000 + 8192 > 200000, decrease input length";
    const { chat, sent } = await serve(
      ({ max_tokens: limit }) => (Number(limit) > 5_000 ? [400, says(message)] : undefined),
      overAnthropic,
    );
    expect(await chat()).toBe("Fine.");
    expect(await chat()).toBe("Fine.");
    // A longer conversation leaves less, by as much as is known of its tokens.
    expect(await chat({ ...ASKED, messages: [user("hi"), assistant("x".repeat(100)), user("and?")] })).toBe("Fine.");
    expect(sent.map(({ max_tokens: limit }) => limit)).toEqual([8_192, 5_000, 5_000, 4_948]);
  });

  it("is not asked for again where the vendor refuses what its own numbers leave", async () => {
    const message = "maximum context length is 4096 tokens. (96 of text input, 4000 in the output)";
    const { chat, sent } = await serve(() => [400, says(message)]);
    await expect(chat({ ...ASKED, maxOutputTokens: 8_192 })).rejects.toMatchObject({ reason: "context-too-long" });
    expect(sent.map(({ max_tokens: limit }) => limit)).toEqual([8_192, 4_000]);
  });

  it.each([
    // caozhiyuan/copilot-api#164, koosoli/ESPHomeDesigner#379, teilomillet/gollm#33
    ["Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."],
  ])("has its other name where this one is refused: %s", async (message) => {
    const { chat, sent } = await serve((body) => ("max_tokens" in body ? [400, says(message)] : undefined));
    expect(await chat({ ...ASKED, maxOutputTokens: 9 })).toBe("Fine.");
    expect(sent[1]).toMatchObject({ max_completion_tokens: 9 });
  });

  it.each<[number, string]>([
    // ChatGPTNextWeb/NextChat#4369, microsoft/vscode-copilot-vision#83
    [400, "Invalid content type. image_url is only supported by certain models."],
    [404, "No endpoints found that support image input"],
    [400, "messages[0].content: must be a string"],
    [500, "this model does not support multimodal requests"],
  ])("is left out where images are refused (%i %s), and the model is told", async (status, message) => {
    const hasParts = (body: SentBody) => messagesOf(body).some(({ content }) => Array.isArray(content));
    const { chat, sent } = await serve((body) => (hasParts(body) ? [status, says(message)] : undefined));
    expect(await chat({ model: "m", messages: [{ ...user("what is this?"), images: [png] }] })).toBe("Fine.");
    expect(messagesOf(sent[1] ?? {})[0]?.content).toMatch(/^what is this\?\n\n\(An image stood here/);
  });

  it("takes what the account can still pay for, this once", async () => {
    const message =
      "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 2345.";
    const { chat, sent } = await serve(({ max_tokens: limit }) =>
      limit === undefined ? [402, says(message)] : undefined,
    );
    expect(await chat()).toBe("Fine.");
    expect(await chat()).toBe("Fine.");
    expect(sent.map(({ max_tokens: limit }) => limit)).toEqual([undefined, 2_345, undefined, 2_345]);
  });

  // continuedev/continue#10218, vanna-ai/vanna-flask#11
  it.each([413, 429])("asks for less where a limit of a minute counts the output limit (%i)", async (status) => {
    const message = (requested: number) =>
      `Request too large for model \`m\` on tokens per minute (TPM): Limit 6000, Requested ${requested}.`;
    const { chat, sent } = await serve(({ max_tokens: limit }) => {
      const requested = 100 + Number(limit);
      return requested > 6_000 ? [status, says(message(requested), "rate_limit_exceeded")] : undefined;
    });
    expect(await chat({ ...ASKED, maxOutputTokens: 16_384 })).toBe("Fine.");
    expect(await chat({ ...ASKED, maxOutputTokens: 16_384 })).toBe("Fine.");
    expect(sent.map(({ max_tokens: limit }) => limit)).toEqual([16_384, 3_000, 3_000]);
  });
});

describe("a conversation that is too long", () => {
  const turns = Array.from({ length: 10 }, (_unused, index) => [
    user(`question ${index} ${"x".repeat(90)}`),
    assistant(`answer ${index} ${"y".repeat(90)}`),
  ]).flat();
  const long: ChatRequest = { model: "m", system: "Be brief.", messages: [...turns, user("the last one")] };
  const charsOf = (body: SentBody) => messagesOf(body).reduce((sum, { content }) => sum + String(content).length, 0);

  it.each([
    // crewAIInc/crewAI-examples#121, yakGPT/yakGPT#13, mckaywrigley/chatbot-ui#102
    ["This model's maximum context length is 1000 tokens. However, your messages resulted in 1600 tokens.", 0.45],
    ["prompt is too long: 2000 tokens > 1000 maximum", 0.5],
    ["the request exceeds the available context size. try increasing it", 0.5],
    ["context_length_exceeded", 0.5],
  ])("is cut and asked once more, and the window is remembered: %s", async (message, share) => {
    const { chat, sent } = await serve((body) => (charsOf(body) > 1_500 ? [400, says(message)] : undefined));
    expect(await chat(long)).toBe("Fine.");
    expect(await chat(long)).toBe("Fine.");
    expect(sent).toHaveLength(3);
    const cut = messagesOf(sent[1] ?? {});
    expect(charsOf(sent[1] ?? {})).toBeLessThanOrEqual(charsOf(sent[0] ?? {}) * share + 10);
    expect(cut[0]?.role).toBe("system");
    expect(cut[1]?.role).toBe("user");
    expect(cut.at(-1)).toEqual(user("the last one"));
    expect(sent[2]).toEqual(sent[1]);
  });

  it("is told where there is nothing to leave out, after one request", async () => {
    const { chat, sent } = await serve(() => [400, says("prompt is too long: 208310 tokens > 200000 maximum")]);
    await expect(chat()).rejects.toMatchObject({ reason: "context-too-long", isRetryable: false });
    expect(sent).toHaveLength(1);
  });

  it("is asked once more and not again", async () => {
    const { chat, sent } = await serve(() => [400, says("context length exceeded")]);
    await expect(chat(long)).rejects.toMatchObject({ reason: "context-too-long" });
    expect(sent).toHaveLength(2);
  });
});

describe("acceptedRequest()", () => {
  const messages = (...given: ChatMessage[]) => acceptedRequest({ model: "m", messages: given }, {}).messages;

  it("begins with the user, leaves blank messages out and keeps the turns", () => {
    expect(messages(assistant("a"), user("b"), assistant(" \n"), user("c"))).toEqual([user("b\n\nc")]);
    expect(messages(user("a"), assistant("b"), user("c"))).toEqual([user("a"), assistant("b"), user("c")]);
    expect(messages(user(" "), user("a"), assistant("b"), assistant("c"), user("d"))).toEqual([
      user("a"),
      assistant("b\n\nc"),
      user("d"),
    ]);
  });

  it("keeps a message that is an image only", () => {
    const image = { ...user(""), images: [png] };
    expect(messages(image)).toEqual([image]);
  });
});

describe("a refusal of a parameter in another vendor's words", () => {
  const picture: ChatRequest = { ...ASKED, messages: [{ ...user("What is it?"), images: [png] }] };
  const pictures: ChatRequest = { ...ASKED, messages: [...picture.messages, assistant("A cat."), ...picture.messages] };
  const long: ChatRequest = { ...ASKED, messages: [user("x".repeat(4_000)), assistant("Yes."), user("y".repeat(400))] };
  const adapted = (request: ChatRequest, message: string, status = 400) => {
    const refusal = readRefusal(JSON.stringify({ error: { message } }), { status, now: 0 });
    const { reason } = refusalError(refusal, { provider: "acme", key: "k", now: 0, request, hasListed: true });
    return adaptationFor({ request, quirks: {}, maxOutputTokens: 16_384, isShortened: false }, refusal, reason);
  };

  it.each<[string, ChatRequest, string, Quirks]>([
    [
      "RooCodeInc/Roo-Code#248",
      ASKED,
      "The maximum tokens you requested exceed the model limit of 4096. Try again with a maximum tokens value lower than 4096.",
      { maxOutputTokens: 4_096 },
    ],
    ["Zhipu", ASKED, "max_tokens参数非法。请限制在[1,4095]", { maxOutputTokens: 4_095 }],
    [
      "Vertex AI",
      ASKED,
      "it has a maxOutputTokens value of 16384 but the supported range is from 1 (inclusive) to 8193 (exclusive).",
      { maxOutputTokens: 8_192 },
    ],
    [
      "Bedrock's system field",
      ASKED,
      "This model doesn't support the system field. Remove system and try again.",
      { foldsSystem: true },
    ],
    ["Qianfan", ASKED, "the role of message with odd index in the messages must be user", { foldsSystem: true }],
    [
      "a schema without the role",
      ASKED,
      "messages.0.role: Input should be 'user' or 'assistant'",
      { foldsSystem: true },
    ],
    [
      "a proxy without streams",
      ASKED,
      "SSE streaming unavailable for this model; set stream=false",
      { isUnstreamed: true },
    ],
    ["a server of old", ASKED, "Stream options are not supported", { skipsStreamOptions: true }],
    ["Ollama", picture, "this model is missing data required for image input", { maxImages: 0 }],
    ["a server for texts", picture, "This model only accepts text input", { maxImages: 0 }],
    ["vllm-project/vllm#13513", pictures, "At most 1 image(s) may be provided in one request.", { maxImages: 1 }],
    [
      "xorbitsai/inference#3054",
      pictures,
      "You set image=1 (or defaulted to 1) in `--limit-mm-per-prompt`, but passed 2 image items",
      { maxImages: 1 },
    ],
  ])("is adapted to, and remembered: %s", (_vendor, request, message, quirks) => {
    expect(adapted(request, message)).toEqual({ quirks, isLasting: true });
  });

  it.each([
    "You uploaded an unsupported image. Please make sure your image is valid.",
    "Invalid image data: cannot decode image",
    "image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes",
  ])("is adapted to for now where one image is at fault: %s", (message) => {
    expect(adapted(picture, message)).toEqual({ quirks: { maxImages: 0 }, isLasting: false });
  });

  it.each([
    [
      "OpenHands/OpenHands#9937",
      "maximum context length is 32768 tokens. (23616 of text input, 16384 in the output)",
      9_152,
    ],
    ["TGI", "`max_new_tokens` must be <= 8193. Given: 700 `inputs` tokens and 16384 `max_new_tokens`", 7_493],
  ])("takes what the window leaves: %s", (_vendor, message, maxOutputTokens) => {
    const quirks = adapted(ASKED, message)?.quirks ?? {};
    expect(withinWindow(ASKED, quirks, 16_384)).toMatchObject({ maxOutputTokens });
  });

  it("shortens a conversation for LM Studio too (Gitlawb/openclaude#353)", () => {
    const words =
      "The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 13055>= n_ctx: 4096).";
    expect(adapted(long, words)?.quirks.maxChars).toBeLessThan(4_000);
  });

  it.each([
    [500, "upstream stream closed unexpectedly: not available"],
    [503, "The stream is unavailable"],
    [400, "This model only support stream mode, please enable the stream parameter to access the model."],
    [403, "Country, region, or territory not supported"],
    [400, "prompt blocked by the content filter"],
  ])("is left alone where nothing was refused that can be left out: %i %s", (status, message) => {
    expect(adapted(ASKED, message, status)).toBeUndefined();
  });

  it("keeps the newest images of those that a model takes", () => {
    const { messages } = acceptedRequest(pictures, { maxImages: 1 });
    expect(messages.map(({ images = [] }) => images.length)).toEqual([0, 0, 1]);
    expect(messages[0]?.content).toContain("An image stood here");
  });
});
