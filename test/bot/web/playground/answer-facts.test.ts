import { afterEach, describe, expect, it } from "vitest";
import { ask, place } from "./page-stage.js";
import { listen, type RunningPlayground, startPlayground } from "./playground-support.js";

let running: RunningPlayground | undefined;
afterEach(() => running?.stop());

const TOOK = { model: "openai/gpt-5", durationMs: 1_200, tokens: 42, costUsd: null };

describe("what an answer took", () => {
  it("is told before its end mark, and stays with the message", async () => {
    let last: { question: string; message: string } | undefined;
    running = await startPlayground({ lastAnswer: async () => last && { ...last, ...TOOK } });
    const { playground, messages, url } = running;
    const question = await ask(running, "general", "hello");
    const answer = await playground.post(question, { markdown: "Hi" }, { replyTo: question });
    last = { question: question.message, message: answer.message };
    const events = await listen(url, "general");
    await playground.mark(question, "done");
    expect(await events.next("edit")).toEqual({ id: answer.message, text: "Hi", answer: TOOK });
    expect(await events.next("mark")).toEqual({ id: question.message, marks: ["✅"] });
    events.close();
    expect(await messages("general")).toMatchObject([{ id: question.message }, { id: answer.message, answer: TOOK }]);
  });

  it.each([
    ["of another question", async () => ({ question: "other", message: "other", ...TOOK })],
    ["that cannot be read", () => Promise.reject(new Error("the store is away"))],
    ["that is not there", async () => undefined],
  ])("leaves an answer as it is where the last is one %s", async (_what, lastAnswer) => {
    running = await startPlayground({ lastAnswer });
    const question = await ask(running, "general", "hello");
    const answer = await running.playground.post(question, { markdown: "Hi" }, { replyTo: question });
    await running.playground.mark(question, "done");
    const [asked, answered] = await running.messages("general");
    expect([asked?.marks, answered]).toEqual([["✅"], expect.not.objectContaining({ answer: expect.anything() })]);
    expect(answer).toEqual({ ...place("general"), message: answered?.id });
  });
});

describe("activity in other channels", () => {
  it("is told to every page: busy while a question is answered, and when something was said", async () => {
    running = await startPlayground();
    const question = await ask(running, "plans", "hello");
    const events = await listen(running.url, "general");
    await running.playground.mark(question, "waiting");
    expect(await events.next("activity")).toEqual({ id: "plans", isBusy: true });
    await running.playground.mark(question, "done");
    expect(await events.next("activity")).toEqual({ id: "plans", activeAt: expect.any(Number) });
    events.close();
    const { channels } = (await (await fetch(`${running.url}/api/channels`)).json()) as { channels: unknown };
    expect(channels).toEqual([{ id: "plans", name: "plans", activeAt: expect.any(Number) }]);
  });
});
