import { afterEach, describe, expect, it } from "vitest";
import { FAKE_ANTHROPIC_KEY, startFakeAnthropic } from "../support/fake-anthropic.js";
import { imageBytes } from "../support/fake-attachment.js";
import { startFakeOllama } from "../support/fake-ollama.js";
import { FAKE_OPENAI_KEY, startFakeOpenAi } from "../support/fake-openai.js";
import { openAiChecks } from "../support/fake-openai-checks.js";

const vendors: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(vendors.splice(0).map((vendor) => vendor.close()));
});
const kept = <V extends { close(): Promise<void> }>(vendor: V): V => {
  vendors.push(vendor);
  return vendor;
};
const messages = [{ role: "user", content: "hi" }];
const PNG = Buffer.from(imageBytes("png")).toString("base64");
const PNG_URL = `data:image/png;base64,${PNG}`;
const image = (url: string) => ({ type: "image_url", image_url: { url } });

describe("startFakeOpenAi()", () => {
  const checks = openAiChecks();
  async function post(body: object, key: string | null = FAKE_OPENAI_KEY) {
    const { url } = kept(await startFakeOpenAi({ models: ["gpt-5"] }));
    const headers = { "content-type": "application/json", ...(key !== null && { authorization: `Bearer ${key}` }) };
    const response = await fetch(`${url}/chat/completions`, { method: "POST", headers, body: JSON.stringify(body) });
    return { response, text: await response.text() };
  }

  it("answers in the shapes of OpenAI's own description", async () => {
    const { url } = kept(await startFakeOpenAi());
    const list = await fetch(`${url}/models`, { headers: { authorization: `Bearer ${FAKE_OPENAI_KEY}` } });
    expect(checks.isModelList(await list.json())).toBe(true);
    const body = { model: "gpt-5", messages, stream: true, stream_options: { include_usage: true } };
    const { text } = await post(body);
    const chunks = text.split("\n\n").filter((frame) => frame.startsWith("data: {"));
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.map((frame) => checks.isChunk(JSON.parse(frame.slice(6)))).includes(false)).toBe(false);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  it.each([
    ["a wrong key", 401, { model: "gpt-5", messages, stream: true }, "sk-wrong"],
    ["no key", 401, { model: "gpt-5", messages, stream: true }, null],
    ["an unknown model", 404, { model: "gpt-2", messages, stream: true }, FAKE_OPENAI_KEY],
    ["no model", 400, { messages, stream: true }, FAKE_OPENAI_KEY],
    ["no messages", 400, { model: "gpt-5", messages: [], stream: true }, FAKE_OPENAI_KEY],
    ["an unknown role", 400, { model: "gpt-5", messages: [{ role: "bot", content: "x" }] }, FAKE_OPENAI_KEY],
    ["max_tokens", 400, { model: "gpt-5", messages, stream: true, max_tokens: 5 }, FAKE_OPENAI_KEY],
    ["an unknown field", 400, { model: "gpt-5", messages, stream: true, think: true }, FAKE_OPENAI_KEY],
    [
      "an image in an answer",
      400,
      { model: "gpt-5", messages: [{ role: "assistant", content: [image(PNG_URL)] }] },
      FAKE_OPENAI_KEY,
    ],
    [
      "an image without base64",
      400,
      { model: "gpt-5", messages: [{ role: "user", content: [image("data:image/png,x")] }] },
      FAKE_OPENAI_KEY,
    ],
    [
      "an image that is none",
      400,
      { model: "gpt-5", messages: [{ role: "user", content: [image("data:image/png;base64,eHh4")] }] },
      FAKE_OPENAI_KEY,
    ],
    [
      "broken base64",
      400,
      { model: "gpt-5", messages: [{ role: "user", content: [image(`${PNG_URL}=`)] }] },
      FAKE_OPENAI_KEY,
    ],
    [
      "an image of another type",
      400,
      { model: "gpt-5", messages: [{ role: "user", content: [image(PNG_URL.replace("png", "heic"))] }] },
      FAKE_OPENAI_KEY,
    ],
    ["a number as text", 400, { model: "gpt-5", messages, stream: true, max_completion_tokens: "5" }, FAKE_OPENAI_KEY],
  ])("refuses %s with %i in the real shape", async (_what, status, body, key) => {
    const { response, text } = await post(body, key);
    expect(response.status).toBe(status);
    expect(checks.isError(JSON.parse(text))).toBe(true);
  });
});

describe("startFakeAnthropic()", () => {
  const good = { model: "claude-sonnet-5", max_tokens: 5, messages, stream: true };
  const headers = {
    authorization: `Bearer ${FAKE_ANTHROPIC_KEY}`,
    "anthropic-version": "2026-10-21",
    "content-type": "application/json",
  };
  async function post(body: object, changed = {}) {
    const { url } = kept(await startFakeAnthropic());
    const init = { method: "POST", headers: { ...headers, ...changed }, body: JSON.stringify(body) };
    return (await fetch(`${url}/v1/messages`, init)).status;
  }

  const block = (data: string, media_type = "image/png") => ({
    type: "image",
    source: { type: "base64", media_type, data },
  });
  const withBlocks = (message: object) => ({ ...good, messages: [...messages, message] });
  const LARGE_PNG = Buffer.from(imageBytes("png", 3.75 * 1024 * 1024 + 3)).toString("base64");

  it("takes a request as the SDK makes it", async () => {
    expect(await post(good)).toBe(200);
    expect(await post(withBlocks({ role: "user", content: [block(PNG), { type: "text", text: "?" }] }))).toBe(200);
    expect(await post(withBlocks({ role: "user", content: [block(LARGE_PNG.slice(0, -4))] }))).toBe(200);
  });

  it.each([
    ["no key", 401, good, { authorization: "" }],
    ["another version", 400, good, { "anthropic-version": "2023-06-01" }],
    ["no max_tokens", 400, { ...good, max_tokens: undefined }, {}],
    ["an assistant first", 400, { ...good, messages: [{ role: "assistant", content: "x" }] }, {}],
    ["an empty message", 400, { ...good, messages: [{ role: "user", content: "" }] }, {}],
    ["an unknown role", 400, { ...good, messages: [{ role: "bot", content: "x" }] }, {}],
    ["a temperature", 400, { ...good, temperature: 1 }, {}],
    ["an unknown model", 404, { ...good, model: "claude-1" }, {}],
    ["an image in an answer", 400, withBlocks({ role: "assistant", content: [block(PNG)] }), {}],
    ["an image that is none", 400, withBlocks({ role: "user", content: [block("eHh4")] }), {}],
    ["broken base64", 400, withBlocks({ role: "user", content: [block(`${PNG}=`)] }), {}],
    [
      "an image of another type than stated",
      400,
      withBlocks({ role: "user", content: [block(PNG, "image/jpeg")] }),
      {},
    ],
    ["an image of more than 5 MB in base64", 400, withBlocks({ role: "user", content: [block(LARGE_PNG)] }), {}],
    ["a blank text block", 400, withBlocks({ role: "user", content: [block(PNG), { type: "text", text: " " }] }), {}],
  ])("refuses %s with %i", async (_what, status, body, changed) => {
    expect(await post(body, changed)).toBe(status);
  });
});

describe("startFakeOllama()", () => {
  it.each([
    ["a PNG", PNG_URL, 200],
    ["a GIF", `data:image/gif;base64,${Buffer.from(imageBytes("gif")).toString("base64")}`, 400],
    ["an image elsewhere", "https://example.com/a.png", 400],
  ])("answers %s as Ollama does", async (_what, url, status) => {
    const ollama = kept(await startFakeOllama(["llava"]));
    const body = { model: "llava", messages: [{ role: "user", content: [image(url)] }], stream: true };
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${ollama.url}/v1/chat/completions`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(status);
    await response.text();
  });
});
