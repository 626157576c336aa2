import { afterEach, describe, expect, it } from "vitest";
import { UserError } from "../../../../src/base/errors.js";
import type { ChannelKey } from "../../../../src/bot/port/platform.js";
import { memoryStore } from "../../../support/memory-store.js";
import { type Listener, listen, type RunningPlayground, startPlayground } from "./playground-support.js";

const running: RunningPlayground[] = [];
const listeners: Listener[] = [];
const start: typeof startPlayground = async (options) => {
  const playground = await startPlayground(options);
  running.push(playground);
  return playground;
};
const follow: typeof listen = async (...terms) => {
  const listener = await listen(...terms);
  listeners.push(listener);
  return listener;
};
afterEach(async () => {
  for (const listener of listeners.splice(0)) listener.close();
  for (const playground of running.splice(0)) await playground.stop();
});

const send = async (url: string, method: string, path: string, body?: unknown) => {
  const response = await fetch(`${url}/api/channels${path}`, {
    method,
    ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return [response.status, text === "" ? undefined : JSON.parse(text)] as const;
};
const idOf = async (response: Response) => ((await response.json()) as { id: string }).id;
const place = (channel: string): ChannelKey => ({ platform: "playground", workspace: "local", channel });

describe("a channel", () => {
  it("is made with a name, under an id that addresses may hold, and is still there after a restart", async () => {
    const store = memoryStore(() => 0);
    const { url } = await start({ store });
    const events = await follow(url, "general");
    expect(await send(url, "POST", "", { name: " #Release Plans! " })).toEqual([
      201,
      { id: "release-plans", name: "Release Plans!" },
    ]);
    expect(await events.next("channel")).toEqual({ id: "release-plans", name: "Release Plans!" });
    expect(await send(url, "POST", "", { name: "Übung 1" })).toEqual([201, { id: "u-bung-1", name: "Übung 1" }]);
    expect(await send(url, "POST", "", { name: "計画" })).toEqual([201, { id: "channel", name: "計画" }]);
    expect(await send(url, "POST", "", { name: "予定" })).toEqual([201, { id: "channel-2", name: "予定" }]);
    const after = await start({ store });
    const [, { channels }] = await send(after.url, "GET", "");
    expect(channels.map(({ id }: { id: string }) => id)).toEqual(["release-plans", "u-bung-1", "channel", "channel-2"]);
  });

  it("gets another name and keeps its id, its messages and its place in the list", async () => {
    const store = memoryStore(() => 0);
    const { url, post, messages } = await start({ store });
    await post("general", { text: "hello" });
    await post("plans", { text: "hi" });
    const events = await follow(url, "plans");
    expect(await send(url, "PATCH", "/general", { name: "Everybody" })).toEqual([
      200,
      { id: "general", name: "Everybody" },
    ]);
    const channels = [
      { id: "general", name: "Everybody" },
      { id: "plans", name: "plans" },
    ];
    expect(await events.next("channels")).toEqual({ channels });
    expect((await messages("general")).map(({ text }) => text)).toEqual(["hello"]);
    expect(await send((await start({ store })).url, "GET", "")).toEqual([200, { channels }]);
  });

  it("cannot have the name of another one, in whatever case", async () => {
    const { url, post } = await start();
    await post("general", { text: "hello" });
    await post("plans", { text: "hello" });
    const taken = [409, { error: 'There is already a channel called "General".' }];
    expect(await send(url, "POST", "", { name: "General" })).toEqual(taken);
    expect(await send(url, "PATCH", "/plans", { name: "General" })).toEqual(taken);
    expect((await send(url, "PATCH", "/general", { name: "General" }))[0]).toBe(200);
  });

  it.each([{}, { name: "" }, { name: " # " }, { name: "a\nb" }, { name: "x".repeat(65) }, { name: 5 }, []])(
    "is not called %j",
    async (body) => {
      const { url, post } = await start();
      await post("general", { text: "hello" });
      expect((await send(url, "POST", "", body))[0]).toBe(400);
      expect((await send(url, "PATCH", "/general", body))[0]).toBe(400);
    },
  );

  it("is deleted with its messages and its conversation, and nothing of it comes back", async () => {
    const store = memoryStore(() => 0);
    const forgotten: ChannelKey[] = [];
    const { url, post, messages, playground } = await start({
      store,
      forget: async (at) => void forgotten.push(at),
    });
    const question = { ...place("general"), message: await idOf(await post("general", { text: "hello" })) };
    const answer = await playground.post(place("general"), { markdown: "Once" }, { replyTo: question });
    const events = await follow(url, "general");
    await playground.edit(answer, { markdown: "Once upon" });
    expect(await send(url, "DELETE", "/general")).toEqual([204, undefined]);
    expect(await events.next("channels")).toEqual({ channels: [] });
    expect(forgotten).toEqual([place("general")]);
    expect(await messages("general")).toEqual([]);
    expect(await store.values("messages").entries()).toEqual([]);
    // An answer that still grew finds no place any more.
    await expect(playground.edit(answer, { markdown: "Once upon a" })).rejects.toMatchObject({ reason: "gone" });
    await expect(playground.post(place("general"), { markdown: "more" }, { replyTo: question })).rejects.toMatchObject({
      reason: "gone",
    });
    await expect(playground.mark(question, "incomplete")).rejects.toMatchObject({ reason: "gone" });
    expect(await store.values("messages").entries()).toEqual([]);
    expect(await send((await start({ store })).url, "GET", "")).toEqual([200, { channels: [] }]);
  });

  it("stays while an answer there cannot be ended, and says so", async () => {
    const forget = () => Promise.reject(new UserError("An answer is still being written here."));
    const { url, post, messages } = await start({ forget });
    await post("general", { text: "hello" });
    expect(await send(url, "DELETE", "/general")).toEqual([503, { error: "An answer is still being written here." }]);
    expect(await messages("general")).toHaveLength(1);
  });

  it.each([
    { origin: "https://evil.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:3000" },
    { origin: "null" },
  ])("is neither made, renamed nor deleted by a page of another site (%j)", async (headers) => {
    const { url, post } = await start();
    await post("general", { text: "hello" });
    const json = { "content-type": "application/json", ...headers };
    const body = JSON.stringify({ name: "taken over" });
    const statuses = await Promise.all([
      fetch(`${url}/api/channels/general`, { method: "DELETE", headers }),
      fetch(`${url}/api/channels/general`, { method: "PATCH", headers: json, body }),
      fetch(`${url}/api/channels`, { method: "POST", headers: json, body }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(await send(url, "GET", "")).toEqual([200, { channels: [{ id: "general", name: "general" }] }]);
  });

  it("is not named in a body that is too large, nor by a form", async () => {
    const { url } = await start();
    expect((await send(url, "POST", "", { name: "x".repeat(1_100_000) }))[0]).toBe(413);
    const form = await fetch(`${url}/api/channels`, { method: "POST", body: new URLSearchParams({ name: "plans" }) });
    expect(form.status).toBe(415);
    expect(await send(url, "GET", "")).toEqual([200, { channels: [] }]);
  });

  it("that is not there is neither renamed nor deleted", async () => {
    const { url } = await start();
    expect(await send(url, "PATCH", "/nowhere", { name: "x" })).toEqual([404, { error: "There is no such channel." }]);
    expect((await send(url, "DELETE", "/nowhere"))[0]).toBe(404);
    expect((await send(url, "DELETE", "/No%20where"))[0]).toBe(400);
  });

  it("stays whole when the store fails under its deletion", async () => {
    const store = memoryStore(() => 0);
    const { url, post, messages } = await start({ store });
    await post("general", { text: "hello" });
    store.breakDown();
    expect((await send(url, "DELETE", "/general"))[0]).toBe(503);
    expect((await send(url, "PATCH", "/general", { name: "x" }))[0]).toBe(503);
    store.recover();
    expect((await messages("general")).map(({ text }) => text)).toEqual(["hello"]);
    expect(await send(url, "GET", "")).toEqual([200, { channels: [{ id: "general", name: "general" }] }]);
  });

  it("that is empty is not erased as untouched before its time", async () => {
    let now = 1_000;
    const clock = { now: () => now, sleep: () => new Promise<void>(() => {}) };
    const { url, playground } = await start({ clock });
    await send(url, "POST", "", { name: "plans" });
    now = 5_000;
    expect(await playground.eraseUntouched(1_000)).toBe(0);
    expect(await playground.eraseUntouched(1_001)).toBe(1);
  });
});

describe("a channel's model", () => {
  it("is told on request, and to its pages when a command or a turn has changed it", async () => {
    let model = { model: "demo/small" as string | null, pin: null as { at: number; by: string | null } | null };
    const { url, post, playground } = await start({
      modelOf: async () => model,
      bot: {
        async *onCommand() {
          model = { model: "demo/large", pin: { at: 5, by: "you" } };
          yield { markdown: "done" };
        },
      },
    });
    expect(await send(url, "GET", "/general/model")).toEqual([200, { model: "demo/small", pin: null }]);
    const events = await follow(url, "general");
    const question = { ...place("general"), message: await idOf(await post("general", { text: "hello" })) };
    await playground.mark(question, "working");
    await playground.mark(question, "done");
    expect(await events.next("model")).toEqual({ id: "general", model: "demo/small", pin: null });
    await post("general", { text: "/models use demo/large" });
    expect(await events.next("model")).toEqual({ id: "general", model: "demo/large", pin: { at: 5, by: "you" } });
    await playground.mark(question, "done");
    await post("general", { text: "more" });
    await events.next("message");
    expect(events.raw().match(/event: model/g)).toHaveLength(2);
  });
});
