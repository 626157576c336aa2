import { afterEach, describe, expect, it } from "vitest";
import { createOllamaProvider } from "../../src/providers/ollama-wire/ollama-provider.js";
import { fakeClock } from "../support/fake-clock.js";
import { type FakeOllama, startFakeOllama } from "../support/fake-ollama.js";

const idle = () => new AbortController().signal;

describe("createOllamaProvider()", () => {
  let vendor: FakeOllama;
  afterEach(() => vendor.close());

  it.each([[""], ["/v1"], ["/api"]])("takes the address with the ending %j", async (ending) => {
    vendor = await startFakeOllama([
      "gpt-oss:20b",
      "gpt-oss:120b-cloud",
      { id: "my-vectors:latest", family: "nomic-bert" },
    ]);
    const provider = createOllamaProvider(vendor.url + ending, { clock: fakeClock(), warn: () => {} });
    expect(await provider.listModels(idle())).toEqual([
      { id: "gpt-oss:20b", inputPrice: 0, outputPrice: 0, isChat: true },
      { id: "gpt-oss:120b-cloud", isChat: true },
      { id: "my-vectors:latest", inputPrice: 0, outputPrice: 0, isChat: false },
    ]);
    const request = { model: "gpt-oss:20b", messages: [{ role: "user", content: "hi" } as const] };
    const events = [];
    for await (const event of provider.streamChat(request, idle())) events.push(event);
    expect(events.at(-1)).toMatchObject({ type: "finish", reason: "stop" });
  });
});
