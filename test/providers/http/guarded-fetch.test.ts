import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guardedFetch } from "../../../src/providers/http/guarded-fetch.js";
import { FAKE_OPENAI_KEY, type FakeOpenAi, startFakeOpenAi } from "../../support/fake-openai.js";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

let vendor: FakeOpenAi;
beforeEach(async () => {
  vendor = await startFakeOpenAi({ models: ["gpt-5"] });
});
afterEach(() => vendor.close());

/** Opens a stream and keeps of it what a reader keeps. */
async function open(signal: AbortSignal) {
  const body = { model: "gpt-5", stream: true, messages: [{ role: "user", content: "hello" }] };
  const { body: stream } = await guardedFetch(fetch)(`${vendor.url}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${FAKE_OPENAI_KEY}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  const reader = stream?.getReader();
  await reader?.read();
  return reader;
}

describe("guardedFetch()", () => {
  it("closes the connection when it is called off, also after garbage was collected", async () => {
    const next = vendor.nextStream();
    const controller = new AbortController();
    const reader = await open(controller.signal);
    const { closed } = await next;
    const rest = reader?.read().catch((error: Error) => error.message);
    for (let round = 0; round < 5; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
    controller.abort(new Error("stopped"));
    expect(await rest).toBe("stopped");
    await closed;
  });
});
