import { afterEach, describe, expect, it } from "vitest";
import { UserError } from "../../../../src/base/errors.js";
import type { ChannelKey, MessageKey } from "../../../../src/bot/port/platform.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";
import { memoryStore } from "../../../support/memory-store.js";
import { type Listener, listen, type RunningPlayground, STATUS, startPlayground } from "./playground-support.js";

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

const place = (channel: string): ChannelKey => ({ platform: "playground", workspace: "local", channel });
const key = (channel: string, message: string): MessageKey => ({ ...place(channel), message });
const idOf = async (response: Response) => ((await response.json()) as { id: string }).id;
const mark = (url: string, body: unknown) =>
  fetch(`${url}/api/marks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

describe("POST messages", () => {
  it("stores a question, tells its streams, hands it to the bot and answers 202 with its id", async () => {
    const store = memoryStore(() => 0);
    const { url, post, mentions } = await start({ store });
    const events = await follow(url, "general");
    const response = await post("general", { text: "hello" });
    const id = await idOf(response);
    expect(response.status).toBe(202);
    expect(mentions).toEqual([
      {
        message: key("general", id),
        author: { id: "local", name: "you" },
        text: "hello",
        isDirect: false,
        isOperator: true,
        alongside: expect.arrayContaining([{ table: "messages", key: `general#${id}`, value: expect.anything() }]),
      },
    ]);
    expect(await events.next("message")).toMatchObject({ id, author: "user", text: "hello" });
    expect(store.peek("messages", `general#${id}`)).toMatchObject({ text: "hello" });
  });

  it("answers only once the bot has stored the question", async () => {
    let release = () => {};
    const { post, mentions } = await start({
      bot: {
        onMention: () =>
          new Promise((resolve) => {
            release = resolve;
          }),
      },
    });
    let isAnswered = false;
    const answer = post("general", { text: "hello" }).then((response) => {
      isAnswered = true;
      return response.status;
    });
    await expect.poll(() => mentions.length).toBe(1);
    await settle();
    expect(isAnswered).toBe(false);
    release();
    expect(await answer).toBe(202);
  });

  it("leaves the question to the bot, which stores it in one step with its own record of it", async () => {
    const store = memoryStore(() => 0);
    const { post, mentions } = await start({ store, isStoring: false });
    expect((await post("general", { text: "hello" })).status).toBe(202);
    expect(mentions).toHaveLength(1);
    expect(await store.values("messages").entries("general#")).toEqual([]);
  });

  it("answers 503 with the bot's words when intake is closed, and forgets the question", async () => {
    const bot = { onMention: () => Promise.reject(new UserError("The bot is restarting.")) };
    const { url, post, messages } = await start({ bot });
    const events = await follow(url, "general");
    const response = await post("general", { text: "hello" });
    expect([response.status, await response.json()]).toEqual([503, { error: "The bot is restarting." }]);
    expect(await messages("general")).toEqual([]);
    const { id } = await events.next("message");
    expect(await events.next("removed")).toEqual({ id });
  });

  it("answers 503 and shows nothing when the store fails", async () => {
    const store = memoryStore(() => 0);
    const { post, messages } = await start({ store });
    await post("general", { text: "one" });
    store.breakDown();
    expect((await post("general", { text: "two" })).status).toBe(503);
    store.recover();
    expect((await messages("general")).map(({ text }) => text)).toEqual(["one"]);
  });

  it.each([{}, { text: "" }, { text: " \n " }, { text: 5 }, { text: null }, [], "text", null])(
    "refuses %j with 400",
    async (body) => {
      const { post, mentions } = await start();
      const response = await post("general", body);
      expect([response.status, mentions.length]).toEqual([400, 0]);
      expect(await response.json()).toEqual({ error: expect.any(String) });
    },
  );

  it.each(["a", "0", "a-b-9", "x".repeat(64)])("takes the channel %s", async (channel) => {
    const { post } = await start();
    expect((await post(channel, { text: "hello" })).status).toBe(202);
  });

  it.each(["General", "a_b", "x".repeat(65), "a%20b", "a%2Fb", "a%23b", "%C3%BC", "..%2fetc"])(
    "refuses the channel %s with 400",
    async (channel) => {
      const { post, url } = await start();
      expect((await post(channel, { text: "hello" })).status).toBe(400);
      expect((await fetch(`${url}/api/channels/${channel}/messages`)).status).toBe(400);
      expect((await fetch(`${url}/api/channels/${channel}/events`)).status).toBe(400);
    },
  );

  it("brings a channel into being with its first message", async () => {
    const { url, post, messages } = await start();
    const channels = async () => (await fetch(`${url}/api/channels`)).json();
    expect(await messages("general")).toEqual([]);
    expect(await channels()).toEqual({ channels: [] });
    await Promise.all([post("general", { text: "a" }), post("plans", { text: "b" }), post("general", { text: "c" })]);
    expect(await channels()).toEqual({
      channels: [
        { id: "general", name: "general" },
        { id: "plans", name: "plans" },
      ],
    });
    expect((await messages("general")).map(({ text }) => text).sort()).toEqual(["a", "c"]);
  });
});

describe("commands", () => {
  const bot = {
    async *onCommand() {
      yield { markdown: "first" };
      yield { markdown: "last", controls: [{ label: "Again", command: "/help" }] };
    },
  };

  it.each(["/help", "!help", "  /help "])(
    "%j goes to the bot as a command, and each reply out under the 202's id",
    async (text) => {
      const { url, post, calls, mentions, messages } = await start({ bot });
      const events = await follow(url, "general");
      const id = await idOf(await post("general", { text }));
      expect(await events.next("ephemeral")).toEqual({ id, text: "first", controls: [] });
      expect(await events.next("ephemeral")).toEqual({
        id,
        text: "last",
        controls: [{ label: "Again", command: "/help" }],
      });
      expect(calls).toMatchObject([{ channel: place("general"), text: text.trim(), isOperator: true }]);
      expect([mentions, await messages("general")]).toEqual([[], []]);
    },
  );

  it("shows replies to the client that asked, and to all of the channel when it named none", async () => {
    const { url, post } = await start({ bot });
    const mine = await follow(url, "general", "me");
    const other = await follow(url, "general", "you");
    const unnamed = await follow(url, "general");
    const elsewhere = await follow(url, "plans", "me");
    const first = await idOf(await post("general", { text: "/help", client: "me" }));
    expect(await mine.next("ephemeral")).toMatchObject({ id: first });
    const second = await idOf(await post("general", { text: "/help" }));
    expect(await other.next("ephemeral")).toMatchObject({ id: second });
    expect(await unnamed.next("ephemeral")).toMatchObject({ id: second });
    await post("plans", { text: "/help", client: "nobody" });
    await post("plans", { text: "hello" });
    await elsewhere.next("message");
    expect(elsewhere.raw()).not.toContain("ephemeral");
  });

  it("tells times in words", async () => {
    const clock = fakeClock();
    const at = Math.floor((clock.now() - 120_000) / 1000);
    const { url, post } = await start({
      clock,
      bot: {
        async *onCommand() {
          yield { markdown: `Last refresh <t:${at}:R>` };
        },
      },
    });
    const events = await follow(url, "general");
    await post("general", { text: "/models status" });
    expect(await events.next("ephemeral")).toMatchObject({ text: "Last refresh 2 min ago" });
  });

  it("hands a file to the page", async () => {
    const { url, post } = await start({
      bot: {
        async *onCommand() {
          yield {
            markdown: "Here.",
            files: [{ name: "chat.md", alt: "the chat", bytes: new TextEncoder().encode("# hi") }],
          };
        },
      },
    });
    const events = await follow(url, "general");
    await post("general", { text: "/chat export" });
    const file = { name: "chat.md", alt: "the chat", base64: Buffer.from("# hi").toString("base64") };
    expect(await events.next("ephemeral")).toMatchObject({ files: [file] });
  });
});

describe("event streams", () => {
  it("begin with headers and a status event at once", async () => {
    const { url } = await start({ clock: fakeClock() });
    const response = await fetch(`${url}/api/channels/general/events`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const reader = response.body?.getReader();
    const first = new TextDecoder().decode((await reader?.read())?.value);
    expect(first).toBe(`event: status\ndata: ${JSON.stringify(STATUS)}\n\n`);
    await reader?.cancel();
  });

  it("tell a changed status once", async () => {
    const { url, setStatus } = await start();
    const events = await follow(url, "general");
    await events.next("status");
    setStatus({ ...STATUS, indicator: "refreshing" });
    setStatus({ ...STATUS, indicator: "refreshing" });
    setStatus({ ...STATUS, indicator: "stale" });
    expect(await events.next("status")).toMatchObject({ indicator: "refreshing" });
    expect(await events.next("status")).toMatchObject({ indicator: "stale" });
    expect(events.raw().split("event: status")).toHaveLength(4);
  });

  it("tell a status that changed by time alone, and that they are alive, every 15 s", async () => {
    const clock = fakeClock();
    const { url, setStatus } = await start({ clock });
    const events = await follow(url, "general");
    await events.next("status");
    setStatus({ ...STATUS, indicator: "stale" }, { isQuiet: true });
    await clock.advance(14_999);
    expect(events.raw()).not.toMatch(/keep-alive|stale/);
    await clock.advance(1);
    expect(await events.next("status")).toMatchObject({ indicator: "stale" });
    await expect.poll(() => events.raw()).toContain(": keep-alive\n\n");
  });

  it("are refused with 503 when 200 are open, until one has closed", async () => {
    const { url } = await start();
    const open = await Promise.all(Array.from({ length: 200 }, () => follow(url, "general")));
    const path = `${url}/api/channels/general/events`;
    expect((await fetch(path)).status).toBe(503);
    open[0]?.close();
    const again = async () => {
      const controller = new AbortController();
      const { status } = await fetch(path, { signal: controller.signal });
      controller.abort();
      return status;
    };
    await expect.poll(again).toBe(200);
  });

  it("are not opened by a HEAD request", async () => {
    const { url } = await start();
    const path = `${url}/api/channels/general/events`;
    for (let count = 0; count < 201; count++) expect((await fetch(path, { method: "HEAD" })).status).toBe(200);
    await follow(url, "general");
  });

  it("bring every step of a command and a mark, and at least the last of a burst of edits", async () => {
    const { playground, url, post } = await start({
      bot: {
        async *onCommand() {
          for (let step = 1; step <= 20; step++) yield { markdown: `step ${step}` };
        },
      },
    });
    const events = await follow(url, "general");
    await post("general", { text: "/steps" });
    for (let step = 1; step <= 20; step++) expect((await events.next("ephemeral")).text).toBe(`step ${step}`);
    const message = await playground.post(place("general"), { markdown: "" });
    await Promise.all(Array.from({ length: 50 }, (_, step) => playground.edit(message, { markdown: `${step}` })));
    await expect.poll(() => events.raw()).toContain('"text":"49"');
    const marks = ["working", "waiting", "done"] as const;
    await Promise.all(marks.map((each) => playground.mark(message, each)));
    for (const emoji of ["👀", "⏳", "✅"]) expect((await events.next("mark")).marks).toEqual([emoji]);
  });

  it("cut off a consumer that takes nothing, while others go on", async () => {
    const { url, playground } = await start();
    const stuck = await fetch(`${url}/api/channels/general/events`);
    const { message } = await playground.post(place("general"), { markdown: "" });
    const events = await follow(url, "general");
    // Each a message of its own, so that none takes the place of another.
    for (let count = 0; count < 120; count++) {
      await playground.post(place("general"), { markdown: `${count} ${"x".repeat(90_000)}` });
      await settle();
    }
    await playground.edit(key("general", message), { markdown: "still here" });
    expect(await events.next("edit")).toMatchObject({ text: "still here" });
    let bytes = 0;
    for await (const chunk of stuck.body ?? []) bytes += chunk.byteLength;
    expect(bytes).toBeLessThan(120 * 90_000); // it has ended
  });

  it("end when the playground stops", async () => {
    const { url, playground } = await start();
    const events = await follow(url, "general");
    await playground.stop();
    await expect(events.next("message")).rejects.toThrow("the stream ended");
  });
});

describe("createPlayground()", () => {
  it("is the workspace playground:local, and up between start and stop", async () => {
    const { playground, post } = await start();
    expect(playground.workspaces()).toEqual(["playground:local"]);
    expect(playground.fault()).toBeUndefined();
    await playground.stop();
    expect(playground.fault()).toBe("the playground is not up");
    expect((await post("general", { text: "hello" })).status).toBe(503);
  });

  it("post() and edit() show the answer, with its whole text so far", async () => {
    const { playground, url, post, messages } = await start();
    const events = await follow(url, "general");
    const question = await idOf(await post("general", { text: "hello" }));
    const answer = await playground.post(place("general"), { markdown: "Hel" }, { replyTo: key("general", question) });
    expect(await events.next("message")).toMatchObject({ id: question });
    expect(await events.next("message")).toMatchObject({
      id: answer.message,
      author: "bot",
      text: "Hel",
      replyTo: question,
    });
    const controls = [{ label: "Use the default", command: "/models unpin" }];
    await playground.edit(answer, { markdown: "Hello!", controls });
    expect(await events.next("edit")).toEqual({ id: answer.message, text: "Hello!", controls });
    expect(await messages("general")).toMatchObject([
      { id: question, author: "user", text: "hello", marks: [] },
      { id: answer.message, author: "bot", text: "Hello!", marks: [] },
    ]);
  });

  it("mark() shows one of the bot's marks at a time", async () => {
    const { playground, url, post, messages } = await start();
    const events = await follow(url, "general");
    const question = key("general", await idOf(await post("general", { text: "hello" })));
    const seen = [];
    for (const each of ["working", "waiting", "done", "incomplete", "failed", undefined] as const) {
      await playground.mark(question, each);
      seen.push((await events.next("mark")).marks);
    }
    expect(seen).toEqual([["👀"], ["⏳"], ["✅"], ["⚠️"], ["❌"], []]);
    expect(await messages("general")).toMatchObject([{ marks: [] }]);
  });

  it("edit(), append() and mark() say so when there is no such message", async () => {
    const { playground } = await start();
    const gone = key("general", "0000000001-x");
    await expect(playground.edit(gone, { markdown: "x" })).rejects.toThrow("no message 0000000001-x");
    await expect(playground.append(gone, "x")).rejects.toThrow("no message");
    await expect(playground.mark(gone, "done")).rejects.toThrow("no message");
  });

  it("keeps conversation, marks, reactions and channels over a restart", async () => {
    const store = memoryStore(() => 0);
    const before = await start({ store });
    const question = key("plans", await idOf(await before.post("plans", { text: "hello" })));
    const answer = await before.playground.post(place("plans"), { markdown: "Hel" }, { replyTo: question });
    await before.playground.edit(answer, { markdown: "Hello!" });
    await before.playground.mark(question, "done");
    await mark(before.url, { channel: "plans", message: answer.message, emoji: "❤️" });
    // Nothing is stopped in order: as after a kill.
    const after = await start({ store });
    expect(await after.messages("plans")).toMatchObject([
      { id: question.message, text: "hello", marks: ["✅"] },
      { id: answer.message, text: "Hello!", marks: ["❤️"] },
    ]);
    expect(await (await fetch(`${after.url}/api/channels`)).json()).toEqual({
      channels: [{ id: "plans", name: "plans" }],
    });
    await after.post("plans", { text: "more" });
    const ids = (await after.messages("plans")).map(({ id }) => id);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(3);
  });

  it("append() adds lines to what an earlier process left, and tells what that was", async () => {
    const store = memoryStore(() => 0);
    const before = await start({ store });
    const answer = await before.playground.post(place("general"), { markdown: "Once upon" });
    const after = await start({ store });
    const events = await follow(after.url, "general");
    expect(await after.playground.append(answer, "⚠️ Interrupted by a restart.")).toBe("Once upon");
    const text = "Once upon\n\n⚠️ Interrupted by a restart.";
    expect(await events.next("edit")).toEqual({ id: answer.message, text });
    expect(store.peek("messages", `general#${answer.message}`)).toMatchObject({ text });
  });

  it("append() closes the code that was left open, and adds no line to it", async () => {
    const { playground, url } = await start();
    const answer = await playground.post(place("general"), { markdown: "```js\nconst a" });
    const events = await follow(url, "general");
    await playground.append(answer, "⚠️ Interrupted by a restart.");
    const text = "```js\nconst a\n```\n\n⚠️ Interrupted by a restart.";
    expect(await events.next("edit")).toEqual({ id: answer.message, text });
  });

  it("stores a streaming text at most once a second, and its last text before the end mark", async () => {
    const clock = fakeClock();
    const store = memoryStore(clock.now);
    const { playground, post } = await start({ clock, store });
    const question = key("general", await idOf(await post("general", { text: "hello" })));
    const answer = await playground.post(place("general"), { markdown: "0" }, { replyTo: question });
    const stored = () => (store.peek("messages", `general#${answer.message}`) as { text: string }).text;
    await playground.edit(answer, { markdown: "1" });
    await settle();
    expect(stored()).toBe("1");
    const callsBefore = store.calls();
    for (let count = 2; count <= 50; count++) await playground.edit(answer, { markdown: String(count) });
    await clock.advance(999);
    expect([stored(), store.calls() - callsBefore]).toEqual(["1", 0]);
    await clock.advance(1);
    expect([stored(), store.calls() - callsBefore]).toEqual(["50", 1]);
    await playground.edit(answer, { markdown: "the end" });
    await playground.mark(question, "done");
    expect(stored()).toBe("the end");
  });

  it("refuses the end mark while the last text cannot be stored", async () => {
    const clock = fakeClock();
    const store = memoryStore(clock.now);
    const { playground, post } = await start({ clock, store });
    const question = key("general", await idOf(await post("general", { text: "hello" })));
    const answer = await playground.post(place("general"), { markdown: "0" }, { replyTo: question });
    store.breakDown();
    await playground.edit(answer, { markdown: "the end" });
    await expect(playground.mark(question, "done")).rejects.toThrow("store");
    store.recover();
    await playground.mark(question, "done");
    expect(store.peek("messages", `general#${answer.message}`)).toMatchObject({ text: "the end" });
    expect(store.peek("messages", `general#${question.message}`)).toMatchObject({ mark: "✅" });
  });

  it("loses only a damaged row", async () => {
    const store = memoryStore(() => 0);
    const before = await start({ store });
    const first = await idOf(await before.post("general", { text: "one" }));
    await before.post("general", { text: "two" });
    store.damage("messages", `general#${first}`);
    const after = await start({ store });
    expect((await after.messages("general")).map(({ text }) => text)).toEqual(["two"]);
  });
});

describe("POST /api/marks", () => {
  it("puts a person's reaction beside the bot's own mark, once", async () => {
    const { url, playground, post, messages } = await start();
    const events = await follow(url, "general");
    const question = key("general", await idOf(await post("general", { text: "hello" })));
    await playground.mark(question, "working");
    for (const emoji of ["👍🏽", "👍🏽", "✅"]) {
      expect((await mark(url, { channel: "general", message: question.message, emoji })).status).toBe(200);
    }
    await playground.mark(question, "done");
    expect(await messages("general")).toMatchObject([{ marks: ["✅", "👍🏽"] }]);
    expect(await events.next("mark")).toEqual({ id: question.message, marks: ["👀"] });
    expect(await events.next("mark")).toEqual({ id: question.message, marks: ["👀", "👍🏽"] });
  });

  it.each(["👍", "👨‍👩‍👧", "🇩🇪", "1️⃣", "⚠", "🔄"])("takes %s", async (emoji) => {
    const { url, post } = await start();
    const message = await idOf(await post("general", { text: "hello" }));
    expect((await mark(url, { channel: "general", message, emoji })).status).toBe(200);
  });

  it.each(["", "a", "5", "<b>", " ", "👍 👍", "x👍", "👍".repeat(17), undefined, 7])(
    "refuses %j with 400",
    async (emoji) => {
      const { url, post, messages } = await start();
      const message = await idOf(await post("general", { text: "hello" }));
      expect((await mark(url, { channel: "general", message, emoji })).status).toBe(400);
      expect(await messages("general")).toMatchObject([{ marks: [] }]);
    },
  );

  it("answers 404 for an unknown message and 400 beyond 20 kinds", async () => {
    const { url, post } = await start();
    expect((await mark(url, { channel: "general", message: "nothing", emoji: "👍" })).status).toBe(404);
    const message = await idOf(await post("general", { text: "hello" }));
    const put = async (index: number) =>
      (await mark(url, { channel: "general", message, emoji: String.fromCodePoint(0x1f600 + index) })).status;
    for (let index = 0; index < 20; index++) expect(await put(index)).toBe(200);
    expect(await put(20)).toBe(400);
    expect(await put(3)).toBe(200);
  });
});

describe("POST /api/focus", () => {
  const focus = (url: string, given: { type?: string; body?: string; headers?: Record<string, string> } = {}) =>
    fetch(`${url}/api/focus`, {
      method: "POST",
      headers: { "content-type": given.type ?? "application/json", ...given.headers },
      body: given.body ?? "{}",
    });
  const watched = async () => {
    let focused = 0;
    const { url, playground } = await start({
      bot: {
        onFocus() {
          focused += 1;
        },
      },
    });
    return { url, playground, focused: () => focused };
  };

  it("tells the bot and answers 204", async () => {
    const { url, focused } = await watched();
    const response = await focus(url);
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(focused()).toBe(1);
  });

  it.each([
    ["a form's body", 415, { type: "text/plain" }],
    ["no JSON", 400, { body: "{" }],
    ["another origin", 403, { headers: { origin: "https://elsewhere.example" } }],
    ["another site", 403, { headers: { "sec-fetch-site": "cross-site" } }],
  ])("refuses %s with %i and tells the bot nothing", async (_what, status, given) => {
    const { url, focused } = await watched();
    expect((await focus(url, given)).status).toBe(status);
    expect(focused()).toBe(0);
  });

  it("answers 204 also while the bot is stopping", async () => {
    const { url, playground, focused } = await watched();
    await playground.stop();
    expect((await focus(url)).status).toBe(204);
    expect(focused()).toBe(0);
  });
});
