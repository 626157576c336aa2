import type { ServerResponse } from "node:http";
import { brotliCompressSync, deflateRawSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAnthropicProvider } from "../../../src/providers/anthropic-wire/anthropic-provider.js";
import { createOllamaProvider } from "../../../src/providers/ollama-wire/ollama-provider.js";
import { createOpenAiProvider } from "../../../src/providers/openai-wire/openai-provider.js";
import type { ChatEvent, Provider } from "../../../src/providers/provider.js";
import { type FakeClock, fakeClock } from "../../support/fake-clock.js";
import { startScriptedServer } from "../../support/scripted-server.js";

const data = (value: unknown, name?: string) =>
  `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`;
const TEXT = 'Grüße, 漢字 🌲 "quoted"\n';
const USAGE = { prompt_tokens: 3, completion_tokens: 5 };

const chunk = (delta: object, word: string | null = null) => ({
  object: "chat.completion.chunk",
  model: "m",
  choices: [{ index: 0, delta, finish_reason: word }],
});
const half = [chunk({ role: "assistant", content: "" }), chunk({ content: TEXT }), chunk({ content: "end" })];
/** A good answer in one vendor's format: streamed in parts, and as a whole. */
interface GoodAnswer {
  readonly half: readonly string[];
  readonly finish: string;
  readonly usage: string;
  readonly done: string;
  readonly keepAlives: readonly string[];
  readonly whole: object;
}

const openAi: GoodAnswer = {
  half: half.map((each) => data(each)),
  finish: data(chunk({}, "stop")),
  usage: data({ choices: [], usage: USAGE }),
  done: "data: [DONE]\n\n",
  keepAlives: [": ping\n\n", "data:\n\n", "event: ping\n\n", "data: ping\n\n", "\n\n"],
  whole: {
    object: "chat.completion",
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: `${TEXT}end` }, finish_reason: "stop" }],
    usage: USAGE,
  },
};
const event = (value: { readonly type: string }) => data(value, value.type);
const anthropic: GoodAnswer = {
  half: [
    event({ type: "message_start", message: { model: "m", usage: { input_tokens: 3 } } } as { type: string }),
    event({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as { type: string }),
    data({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: TEXT } }),
    event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "end" } } as { type: string }),
  ],
  finish: data({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } }),
  usage: "",
  done: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  keepAlives: [
    'event: ping\ndata: {"type":"ping"}\n\n',
    "event: ping\ndata: {}\n\n",
    ": x\n\n",
    "event: content_block_delta\n\n",
  ],
  whole: {
    type: "message",
    model: "m",
    content: [{ type: "text", text: `${TEXT}end` }],
    stop_reason: "end_turn",
    usage: { input_tokens: 3, output_tokens: 5 },
  },
};

type Create = (url: string, clock: FakeClock) => Provider;
const overOpenAi =
  (id: string, tokenLimit: "max_tokens" | "max_completion_tokens"): Create =>
  (baseUrl, clock) =>
    createOpenAiProvider({ id, baseUrl, key: "k", isChat: () => true, tokenLimit }, { clock, warn: () => {} });

let close = () => {};
afterEach(() => close());

describe.each<[string, GoodAnswer, Create]>([
  ["openai", openAi, overOpenAi("openai", "max_completion_tokens")],
  ["a preset", openAi, overOpenAi("groq", "max_tokens")],
  ["ollama", openAi, (url, clock) => createOllamaProvider(url, { clock, warn: () => {} })],
  [
    "anthropic",
    anthropic,
    (baseUrl, clock) => createAnthropicProvider({ id: "anthropic", baseUrl, key: "k" }, { clock, warn: () => {} }),
  ],
])("%s: how an answer ends", (_name, wire, create) => {
  async function chat(answer: (response: ServerResponse) => void, signal = new AbortController().signal) {
    const server = await startScriptedServer((_body, response) => answer(response));
    close = server.close;
    const clock = fakeClock();
    const provider = create(server.url, clock);
    const request = { model: "m", messages: [{ role: "user", content: "hi" } as const] };
    const events: ChatEvent[] = [];
    const ended = (async () => {
      for await (const each of provider.streamChat(request, signal)) events.push(each);
    })().catch((error: unknown) => error);
    return {
      clock,
      ended,
      events,
      text: () => events.map((each) => (each.type === "text-delta" ? each.text : "")).join(""),
      finish: () => events.find(({ type }) => type === "finish"),
    };
  }
  const sends = (...parts: readonly (string | Uint8Array)[]) =>
    chat((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const part of parts) response.write(part);
      response.end();
    });
  const good = [...wire.half, wire.finish, wire.usage, wire.done];
  const isWhole = async ({ ended, text, finish }: Awaited<ReturnType<typeof chat>>) => {
    expect(await ended).toBeUndefined();
    expect(text()).toBe(`${TEXT}end`);
    expect(finish()).toMatchObject({ type: "finish", reason: "stop", model: "m" });
  };

  it.each<[string, readonly string[]]>([
    ["as the protocol says", good],
    ["without the last marker", [...wire.half, wire.finish, wire.usage]],
    ["without a finish reason", [...wire.half, wire.done]],
    ["with keep-alives everywhere", good.flatMap((part) => [...wire.keepAlives, part])],
    ["with CRLF", good.map((part) => part.replaceAll("\n", "\r\n"))],
    ["without event names", good.map((part) => part.replace(/^event: .*\n/, ""))],
    ["without blank lines", good.map((part) => part.replace("\n\n", "\n"))],
    ["without an end of the last line", [...good.slice(0, -1), wire.done.trimEnd()]],
    ["framed twice", good.map((part) => part.replaceAll("data: ", "data: data: "))],
    ["with indented lines", good.map((part) => part.replaceAll("data: ", " Data: "))],
    ["with a last marker that has no frame", [...wire.half, "[DONE]\n\n"]],
    ["with a quoted last marker", [...wire.half, 'data: "[DONE]"\n\n']],
    ["with an event that says so", [...wire.half, "event: end\ndata: {}\n\n"]],
    ["in a list of events", [...wire.half, `data: [${wire.finish.replace(/^[\s\S]*?data: /, "").trim()}]\n\n`]],
    ["with an error behind its finish", [...wire.half, wire.finish, data({ error: { message: "no usage" } })]],
    ["with a page behind its marker", [...good, "<html>\n", "data: {\n\n", wire.done]],
    ["as one object", [JSON.stringify(wire.whole)]],
    ["as one object over many lines", [JSON.stringify(wire.whole, null, 2)]],
  ])("is whole %s", async (_how, parts) => {
    await isWhole(await sends(...parts));
  });

  it.each([["application/json"], ["text/plain"], ["application/octet-stream"], [undefined]])(
    "is whole under the content type %s",
    async (type) => {
      await isWhole(
        await chat((response) => {
          response.writeHead(200, type === undefined ? {} : { "content-type": type });
          response.end(good.join(""));
        }),
      );
    },
  );

  it("is over at its marker, though the body stays open", async () => {
    await isWhole(
      await chat((response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(good.join(""));
      }),
    );
  });

  it("is over soon after its finish reason, though nothing follows", async () => {
    const chatting = await chat((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write([...wire.half, wire.finish].join(""));
    });
    const patience = { timeout: 20_000 };
    await vi.waitFor(() => expect(chatting.text()).toBe(`${TEXT}end`), patience);
    await vi.waitFor(async () => {
      await chatting.clock.advance(1_000);
      expect(chatting.finish()).toBeDefined();
    }, patience);
    await isWhole(chatting);
  });

  it("is over soon after its finish reason, though keep-alives follow", async () => {
    let pings: NodeJS.Timeout | undefined;
    const chatting = await chat((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write([...wire.half, wire.finish].join(""));
      pings = setInterval(() => response.write(": ping\n\n"), 5);
    });
    const patience = { timeout: 20_000 };
    await vi.waitFor(() => expect(chatting.text()).toBe(`${TEXT}end`), patience);
    await vi.waitFor(async () => {
      await chatting.clock.advance(300);
      expect(chatting.finish()).toBeDefined();
    }, patience);
    clearInterval(pings);
    await isWhole(chatting);
  });

  it.each([
    ["gzip", (plain: Buffer) => plain],
    ["zstd", (plain: Buffer) => plain],
    ["deflate", deflateRawSync],
    ["br", brotliCompressSync],
  ])("is whole whatever packs it, or only says so: %s", async (encoding, pack) => {
    await isWhole(
      await chat((response) => {
        response.writeHead(200, { "content-encoding": encoding });
        response.end(pack(Buffer.from(good.join(""))));
      }),
    );
  });

  // apache/trafficcontrol#1737
  it("is whole where it is gzip and nothing says so", async () => {
    await isWhole(await sends(gzipSync(good.join(""))));
  });

  it("is none where it is packed otherwise and nothing says how", async () => {
    const { ended } = await sends(deflateRawSync(good.join("")));
    expect(await ended).toMatchObject({ reason: "malformed" });
  });

  it("is the same for every way in which it is cut and joined", async () => {
    const stream = Buffer.from(good.join(""));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(stream.length), { maxLength: 12 }), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const chatting = await sends(...places.slice(1).map((end, index) => stream.subarray(places[index], end)));
        await isWhole(chatting);
        close();
      }),
      { numRuns: 20 },
    );
  });

  it.each<[string, (half: string) => string, string]>([
    ["breaks off", (text) => text, "cut-off"],
    [
      "ends with an error",
      (text) => text + data({ error: { message: "busy", type: "overloaded_error" } }),
      "overloaded",
    ],
    ["ends with an error event", (text) => `${text}event: error\ndata: {"message":"Overloaded"}\n\n`, "overloaded"],
    ["ends with words of an error", (text) => `${text}event: error\ndata: out of memory\n\n`, "out-of-memory"],
    [
      "ends with a bare error",
      (text) => text + data({ object: "error", message: "No capacity", code: 503 }),
      "overloaded",
    ],
    ["ends with a detail", (text) => text + data({ detail: "Rate limit exceeded" }), "rate-limited"],
  ])("keeps what came before it %s", async (_how, add, reason) => {
    const { ended, text, finish } = await sends(add(wire.half.join("")));
    expect(await ended).toMatchObject({ name: "ProviderError", reason });
    expect([text(), finish()]).toEqual([`${TEXT}end`, undefined]);
  });

  it.each<[string, object, string]>([
    ["credit", { error: { message: "Insufficient credits", code: 402 } }, "spend-cap"],
    ["a key", { error: { message: "Invalid API key provided", code: "invalid_api_key" } }, "auth"],
    ["a limit", { base_resp: { status_code: 1002, status_msg: "rate limit" } }, "rate-limited"],
  ])("is none where a 200 speaks of %s", async (_what, body, reason) => {
    const { ended, events } = await sends(JSON.stringify(body));
    expect(await ended).toMatchObject({ reason });
    expect(events).toEqual([]);
  });

  it("ends with a clear error at an endless line, and keeps what came before", async () => {
    const piece = "x".repeat(1024 * 1024);
    const { ended, text } = await sends(...wire.half, "data: ", ...Array.from({ length: 17 }, () => piece));
    expect(await ended).toMatchObject({ reason: "malformed", message: expect.stringContaining("more than 16 MB") });
    expect(text()).toBe(`${TEXT}end`);
  });

  it("ends with a clear error at an answer that unpacks to more than 64 MB", async () => {
    const bomb = gzipSync(`${wire.half.join("")}${": x\n".repeat(17 * 2 ** 20)}`);
    const { ended, text } = await chat((response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" });
      response.end(bomb);
    });
    expect(await ended).toMatchObject({ reason: "malformed", message: expect.stringContaining("more than 64 MB") });
    expect(text()).toBe(`${TEXT}end`);
  });
});

// ggml-org/llama.cpp#11861, vllm-project/vllm#13125: the chat template opens the thoughts, and the answer closes them.
describe("thoughts that no tag opens", () => {
  async function serve(answers: readonly (readonly string[])[]) {
    const server = await startScriptedServer((_body, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const pieces = answers[server.sent.length - 1] ?? [];
      for (const piece of pieces) response.write(piece);
      response.end();
    });
    close = server.close;
    const wire = { id: "acme", baseUrl: server.url, key: "k", isChat: () => true, tokenLimit: "max_tokens" } as const;
    const provider = createOpenAiProvider(wire, { clock: fakeClock(), warn: () => {} });
    return async (model: string) => {
      const events: ChatEvent[] = [];
      const request = { model, messages: [{ role: "user", content: "hi" } as const] };
      try {
        for await (const each of provider.streamChat(request, new AbortController().signal)) events.push(each);
      } catch (error) {
        expect(error).toMatchObject({ reason: "cut-off" });
      }
      const texts = (type: ChatEvent["type"]) => events.flatMap((each) => (each.type === type ? [each] : []));
      const join = (parts: readonly ChatEvent[]) => parts.map((each) => ("text" in each ? each.text : "")).join("");
      return { said: join(texts("text-delta")), thought: join(texts("reasoning-delta")) };
    };
  }
  const piece = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
  const DONE = "data: [DONE]\n\n";

  it("are kept apart where the model is known for them", async () => {
    const chat = await serve([[piece("musing"), piece("\n</think>"), piece("\n\nYes."), DONE]]);
    expect(await chat("deepseek-r1")).toMatchObject({ said: "Yes.", thought: "musing\n" });
  });

  it("are kept apart from the second answer on where the model was not known for them", async () => {
    const pieces = [piece("musing\n"), piece("</think>"), piece("\n\nYes."), DONE];
    const chat = await serve([pieces, pieces]);
    await chat("house-model");
    expect(await chat("house-model")).toMatchObject({ said: "Yes.", thought: "musing\n" });
  });

  it("are looked for again after an answer without any, and no more after three", async () => {
    const plain = [piece("All "), piece("of it."), DONE];
    const lone = [piece("musing</think>"), piece("Yes."), DONE];
    const chat = await serve([plain, lone, plain, plain, plain, lone, lone]);
    const said: string[] = [];
    for (let at = 0; at < 7; at++) said.push((await chat("deepseek-r1")).said);
    const [whole, shown] = ["All of it.", "musing</think>Yes."];
    expect(said).toEqual([whole, "Yes.", whole, whole, whole, shown, "Yes."]);
  });

  it("lose nothing where the stream breaks off before their end", async () => {
    const chat = await serve([[piece("All of ")]]);
    expect(await chat("deepseek-r1")).toMatchObject({ said: "All of ", thought: "" });
  });
});
