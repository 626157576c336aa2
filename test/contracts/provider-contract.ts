import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readWithin } from "../../src/providers/chat/idle-timeout.js";
import {
  type ChatEvent,
  type ChatRequest,
  type ListNotes,
  type Provider,
  ProviderError,
} from "../../src/providers/provider.js";
import type { ProviderDeps } from "../../src/providers/provider-definition.js";
import { imageBytes } from "../support/fake-attachment.js";
import { type FakeClock, fakeClock, settle } from "../support/fake-clock.js";
import type { FakeVendor } from "../support/fake-vendor.js";
import type { FakeStream } from "../support/fake-vendor-stream.js";

// biome-ignore lint/suspicious/noExplicitAny: every vendor has rows of its own; the suite hands in ids only
type Vendor = FakeVendor<any>;

export interface ProviderSetup {
  /** The vendor's service, with `models` and, where it wants one, `key`. */
  start(models: readonly string[]): Promise<Vendor & { readonly url: string }>;
  create(baseUrl: string, key: string | undefined, deps: ProviderDeps): Provider | Promise<Provider>;
  /** Undefined for a service without keys. */
  readonly key: string | undefined;
  readonly model: string;
  /** Headers of a rate limit, and what is read from them at the fake clock's time. */
  readonly limits?: { readonly headers: Readonly<Record<string, string>>; readonly read: readonly object[] };
  /** How the vendor says that the account is used up. */
  readonly spendCap: {
    readonly status: number;
    readonly code?: string;
    readonly type?: string;
    readonly message: string;
  };
  /** The list's body for a page that always promises another one; undefined where lists have no pages. */
  readonly endlessPage?: (page: number) => unknown;
}

const SILENCE_MS = 60_000;
const PROMPT = "the launch code is 7-4-1-8 and nobody may know it";
const idle = () => new AbortController().signal;

/** Polls real sockets, and a thread that has to start. */
const until = (isTrue: () => boolean) =>
  vi.waitFor(() => expect(isTrue()).toBe(true), { interval: 5, timeout: 20_000 });

/** What every provider that talks to a service does, over real sockets with its real SDK. */
export function describeProvider(name: string, setup: ProviderSetup): void {
  describe(`${name}: provider contract`, () => {
    let vendor: Vendor & { readonly url: string };
    let provider: Provider;
    let clock: FakeClock;
    let warnings: string[];
    const ask = (content = PROMPT): ChatRequest => ({
      model: setup.model,
      system: "Be brief.",
      messages: [{ role: "user", content }],
    });
    const create = async (url: string, key = setup.key) =>
      setup.create(url, key, { clock, warn: (message) => void warnings.push(message) });

    beforeEach(async () => {
      clock = fakeClock();
      warnings = [];
      vendor = await setup.start([setup.model, "another-model"]);
      provider = await create(vendor.url);
    });
    afterEach(() => vendor.close());

    /** Reads a chat in the background. */
    function listen(events: AsyncIterable<ChatEvent>) {
      const seen: ChatEvent[] = [];
      const ended = (async () => {
        for await (const event of events) seen.push(event);
      })().catch((error: unknown) => error);
      return { ...heard(seen), ended };
    }
    const heard = (seen: readonly ChatEvent[]) => ({
      seen,
      text: () => seen.map((event) => (event.type === "text-delta" ? event.text : "")).join(""),
    });
    async function chat(request = ask()) {
      const reading = listen(provider.streamChat(request, idle()));
      return { ...reading, error: await reading.ended };
    }
    /** A chat whose stream the test writes, through the idle timer. */
    async function openChat(signal = idle()): Promise<ReturnType<typeof listen> & { stream: FakeStream }> {
      const coming = vendor.nextStream();
      const start = (inner: AbortSignal) => provider.streamChat(ask(), inner);
      const seen: ChatEvent[] = [];
      const terms = { provider: name, clock, silenceMs: SILENCE_MS, signal };
      const ended = readWithin(start, terms, (event) => {
        seen.push(event);
        return true;
      }).catch((error: unknown) => error);
      return { ...heard(seen), ended, stream: await coming };
    }
    async function faultOf(work: Promise<unknown>): Promise<ProviderError> {
      const error = await work.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      return expectClean(error);
    }
    /** A ProviderError of this provider in which neither key nor prompt can be found, however deep one looks. */
    function expectClean(error: unknown): ProviderError {
      if (!(error instanceof ProviderError)) throw new Error(`no ProviderError but ${String(error)}`, { cause: error });
      expect(error.provider).toBe(provider.id);
      const everything = [error.message, String(error.cause), JSON.stringify(error), ...warnings].join("\n");
      expect(everything).not.toContain("launch code");
      expect(everything).not.toContain("7-4-1-8");
      if (setup.key !== undefined) {
        expect(everything).not.toContain(setup.key);
        expect(everything).not.toContain(setup.key.slice(-4));
      }
      return error;
    }

    describe("listModels()", () => {
      it("gives every model once, in slim rows", async () => {
        vendor.setModels([setup.model, "another-model", setup.model]);
        const models = await provider.listModels(idle());
        expect(models.map((model) => model.id)).toEqual([setup.model, "another-model"]);
        expect(models.every((model) => model.isChat)).toBe(true);
        expect(Object.values(models[0] ?? {})).not.toContain(undefined);
      });

      it("gives an empty list as it is", async () => {
        vendor.setModels([]);
        expect(await provider.listModels(idle())).toEqual([]);
      });

      it("leaves a few unusable ids out and says so", async () => {
        const good = Array.from({ length: 9 }, (_, index) => `model-${index}`);
        vendor.setModels([...good, "bad\u0007id"]);
        expect(await provider.listModels(idle())).toHaveLength(9);
        expect(warnings).toHaveLength(1);
      });

      it.each([
        ["a list of which more than half is unusable", ["a", "b", "", " c", "x".repeat(201)]],
        ["more models than any vendor has", Array.from({ length: 10_001 }, (_, index) => `m${index}`)],
      ])("refuses %s", async (_what, models) => {
        vendor.setModels(models);
        expect(await faultOf(provider.listModels(idle()))).toMatchObject({ reason: "malformed" });
      });

      it("takes null in the place of rows for an empty list", async () => {
        vendor.failLists({ status: 200, raw: '{"object":"list","data":null,"models":null}' });
        expect(await provider.listModels(idle())).toEqual([]);
      });

      it("leaves a bad row out, whatever the share of bad ones in a short list", async () => {
        vendor.setModels(["a", "", " c"]);
        expect((await provider.listModels(idle())).map(({ id }) => id)).toEqual(["a"]);
      });

      it.each([
        ["no JSON", '{"data": [{"id":'],
        ["an object that is no list", '{"status":"ok"}'],
        ["a bare null", "null"],
        ["more than 8 MB", `{"data":[],"models":[],"padding":"${"x".repeat(8 * 1024 * 1024)}"}`],
      ])("refuses %s with a 200", async (_what, raw) => {
        vendor.failLists({ status: 200, raw });
        expect(await faultOf(provider.listModels(idle()))).toMatchObject({ reason: "malformed", isRetryable: false });
      });

      // steipete/CodexBar#1326: MiniMax puts its refusals into a part of their own.
      it.each([
        ['{"base_resp":{"status_code":2049,"status_msg":"invalid api key"}}', "auth"],
        ['{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"result":null}', "auth"],
        ['{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}', "spend-cap"],
      ])("finds the refusal in %s with a 200", async (raw, reason) => {
        vendor.failLists({ status: 200, raw });
        expect(await faultOf(provider.listModels(idle()))).toMatchObject({ reason });
      });

      it("says that a web page in place of the list means a wrong address", async () => {
        vendor.failLists({ status: 200, raw: "<!doctype html><html><body>Welcome</body></html>" });
        expect(await faultOf(provider.listModels(idle()))).toMatchObject({ reason: "address", isRetryable: false });
      });

      it.each([
        [401, "auth", false],
        [403, "auth", false],
        [404, "address", false],
        [429, "rate-limited", true],
        [500, "http", true],
        [503, "overloaded", true],
        [529, "overloaded", true],
      ])("answers %i as %s", async (status, reason, isRetryable) => {
        vendor.failLists({ status, message: `No. ${setup.key ?? ""}` });
        const fault = await faultOf(provider.listModels(idle()));
        expect(fault).toMatchObject({ reason, status, isRetryable });
        expect(fault.message).toContain(`(${status})`);
      });

      it.each([
        [["etag"], ["if-none-match"]],
        [["last-modified"], ["if-modified-since"]],
        [
          ["etag", "last-modified"],
          ["if-none-match", "if-modified-since"],
        ],
      ] as const)("asks with the service's %s whether a held list still holds", async (by, conditions) => {
        vendor.validate(by);
        const notes: ListNotes[] = [];
        const note = (told: ListNotes) => void notes.push(told);
        const models = await provider.listModels(idle(), { note });
        const sent = () => Object.keys(vendor.requests.at(-1)?.headers ?? {}).filter((name) => name.startsWith("if-"));
        expect(sent()).toEqual([]);
        const held = { models, validators: notes[0]?.validators ?? {} };
        expect(await provider.listModels(idle(), { note, held })).toBe(models);
        expect(sent().sort()).toEqual([...conditions].sort());
        expect(notes).toHaveLength(1);
        vendor.setModels([setup.model, "a-new-model"]);
        const next = await provider.listModels(idle(), { note, held });
        expect(next.map(({ id }) => id)).toEqual([setup.model, "a-new-model"]);
        expect(notes[1]?.validators).not.toEqual(held.validators);
      });

      it("reads a list that comes again as it was no more", async () => {
        const notes: ListNotes[] = [];
        const note = (told: ListNotes) => void notes.push(told);
        const models = await provider.listModels(idle(), { note });
        const held = { models, validators: notes[0]?.validators ?? {} };
        expect(await provider.listModels(idle(), { note, held })).toBe(models);
        expect(Object.keys(vendor.requests.at(-1)?.headers ?? {}).filter((name) => name.startsWith("if-"))).toEqual([]);
        expect(notes).toHaveLength(1);
      });

      it("refuses to hear that a list is unchanged which nobody holds", async () => {
        vendor.failLists({ status: 304, raw: "" });
        const fault = await faultOf(provider.listModels(idle()));
        expect(fault).toMatchObject({ reason: "malformed", status: 304, isRetryable: false });
        expect(fault.message).toContain("“not modified” to a request without a condition");
      });

      it("takes what cannot be unpacked for no list, and for no fault of the network", async () => {
        vendor.setHeaders({ "content-encoding": "gzip" });
        vendor.failLists({ status: 200, raw: "\u001f\u008b\u0008 not packed at all" });
        const fault = await faultOf(provider.listModels(idle()));
        expect(fault).toMatchObject({ reason: "malformed", isRetryable: false });
        expect(fault.message).toContain("cannot be unpacked");
      });

      it("throws the caller's reason while the service hangs", async () => {
        vendor.hangLists();
        const controller = new AbortController();
        const ended = provider.listModels(controller.signal).catch((error: unknown) => error);
        await until(() => vendor.listRequests() === 1);
        const reason = new Error("deadline");
        controller.abort(reason);
        expect(await ended).toBe(reason);
      });

      it("asks nobody when it was aborted before", async () => {
        const reason = new Error("too late");
        await expect(provider.listModels(AbortSignal.abort(reason))).rejects.toBe(reason);
        expect(vendor.requests).toEqual([]);
      });

      it("asks once, whatever happens", async () => {
        vendor.failLists({ status: 500 });
        await faultOf(provider.listModels(idle()));
        expect(vendor.listRequests()).toBe(1);
      });
    });

    describe("streamChat()", () => {
      it("streams text, reasoning and one finish", async () => {
        const { stream, seen, ended, text } = await openChat();
        stream.think("Hm. ");
        stream.send("Hel");
        await until(() => text() === "Hel");
        stream.send("lo");
        stream.finish();
        expect(await ended).toBeUndefined();
        expect(text()).toBe("Hello");
        expect(seen[0]).toEqual({ type: "reasoning-delta", text: "Hm. " });
        expect(seen.at(-1)).toMatchObject({ type: "finish", reason: "stop", model: setup.model });
        expect(seen.filter(({ type }) => type === "finish")).toHaveLength(1);
      });

      it("tells the usage, cached tokens included", async () => {
        const { seen } = await chat();
        const finish = seen.at(-1);
        expect(finish).toMatchObject({ type: "finish", usage: { cachedTokens: 1 } });
        if (finish?.type !== "finish") return;
        expect(finish.usage?.inputTokens).toBe(Math.ceil(PROMPT.length / 4) + 1);
        expect(finish.usage?.outputTokens).toBeGreaterThan(1);
      });

      it("sends the conversation as it is", async () => {
        await chat({
          model: setup.model,
          messages: [
            { role: "user", content: "one" },
            { role: "assistant", content: "two" },
            { role: "user", content: "three" },
          ],
          maxOutputTokens: 77,
        });
        const { body } = vendor.requests.at(-1) ?? {};
        expect(body?.messages).toMatchObject([{ content: "one" }, { role: "assistant" }, { content: "three" }]);
        expect(Object.values(body ?? {})).toContain(77);
        expect(JSON.stringify(body)).not.toContain("system");
      });

      it("sends a user's images before their text, and leaves texts without images as they are", async () => {
        const images = (["png", "jpeg", "webp"] as const).map((kind) => ({
          mediaType: `image/${kind}` as const,
          bytes: imageBytes(kind, 1_000).subarray(0, 999),
        }));
        const { error, seen } = await chat({
          model: setup.model,
          messages: [
            { role: "user", content: "one", images: [] },
            { role: "assistant", content: "two", images: images.slice(0, 1) },
            { role: "user", content: "what is this?", images },
            { role: "assistant", content: "three of them" },
            { role: "user", content: "", images: images.slice(1, 2) },
          ],
        });
        expect(error).toBeUndefined();
        expect(seen.at(-1)).toMatchObject({ type: "finish" });
        const sent = vendor.requests.at(-1)?.body?.messages as readonly { readonly content: unknown }[];
        expect(sent.slice(0, 2).map(({ content }) => content)).toEqual(["one", "two"]);
        const [third, , fourth] = sent.slice(2).map(({ content }) => content as readonly { readonly type: string }[]);
        expect(third?.slice(0, 3).map((part) => JSON.stringify(part))).toEqual(
          images.map(({ bytes }) => expect.stringContaining(`${Buffer.from(bytes).toString("base64")}"`)),
        );
        expect(third?.slice(3)).toEqual([{ type: "text", text: "what is this?" }]);
        expect(fourth).toHaveLength(1);
        expect(JSON.stringify(fourth)).toContain("image/jpeg");
      });

      it("says when the answer was cut by its length", async () => {
        const { stream, seen, ended } = await openChat();
        stream.send("a");
        stream.finish("length");
        await ended;
        expect(seen.at(-1)).toMatchObject({ type: "finish", reason: "length" });
      });

      it("puts characters together that were split over chunks", async () => {
        const { stream, ended, text } = await openChat();
        for (const byte of Buffer.from(stream.frames.text("🌲 für Ähren 漢字"))) {
          await stream.sendRaw(Uint8Array.of(byte));
        }
        stream.finish();
        await ended;
        expect(text()).toBe("🌲 für Ähren 漢字");
      });

      it("ends a stream that falls silent behind its keep-alives", async () => {
        const { stream, ended, text } = await openChat();
        stream.send("a");
        await until(() => text() === "a");
        for (let beat = 0; beat < 6; beat++) {
          stream.keepAlive();
          await clock.advance(SILENCE_MS / 6);
        }
        expect(await ended).toMatchObject({ reason: "timeout" });
        await stream.closed;
      });

      it("waits three times as long for the first text", async () => {
        const { stream, seen, ended } = await openChat();
        await clock.advance(3 * SILENCE_MS - 1);
        expect(seen).toEqual([]);
        stream.keepAlive();
        await clock.advance(1);
        expect(await ended).toMatchObject({ reason: "timeout" });
        await stream.closed;
      });

      it("throws cut-off when the stream ends without its finish marker", async () => {
        const { stream, ended, text } = await openChat();
        stream.send("half");
        stream.end();
        expect(expectClean(await ended)).toMatchObject({ reason: "cut-off", isRetryable: true });
        expect(text()).toBe("half");
      });

      it("throws cut-off when the connection drops after text", async () => {
        const { stream, ended, text } = await openChat();
        stream.send("half");
        await until(() => text() === "half");
        stream.cut();
        expect(expectClean(await ended)).toMatchObject({ reason: "cut-off" });
      });

      it("throws network when the connection drops before any text", async () => {
        const { stream, ended } = await openChat();
        await settle();
        stream.cut();
        expect(expectClean(await ended)).toMatchObject({ reason: "network", isRetryable: true });
      });

      it("throws the caller's reason in the middle and closes the connection", async () => {
        const controller = new AbortController();
        const { stream, ended, text } = await openChat(controller.signal);
        stream.send("half");
        await until(() => text() === "half");
        const reason = new Error("stopped by its asker");
        controller.abort(reason);
        expect(await ended).toBe(reason);
        await stream.closed;
      });

      it("throws the caller's reason by itself, without the idle timer", async () => {
        const controller = new AbortController();
        const coming = vendor.nextStream();
        const { ended, text } = listen(provider.streamChat(ask(), controller.signal));
        const stream = await coming;
        stream.send("half");
        await until(() => text() === "half");
        const reason = new Error("stopped by its asker");
        controller.abort(reason);
        expect(await ended).toBe(reason);
      });

      it("closes the connection when its reader leaves", async () => {
        const coming = vendor.nextStream();
        const events = provider.streamChat(ask(), idle())[Symbol.asyncIterator]();
        const first = events.next();
        const stream = await coming;
        stream.send("half");
        expect((await first).value).toMatchObject({ text: "half" });
        await events.return?.();
        await stream.closed;
      });

      it("asks nobody when it was aborted before", async () => {
        const reason = new Error("too late");
        const { ended } = listen(provider.streamChat(ask(), AbortSignal.abort(reason)));
        expect(await ended).toBe(reason);
        expect(vendor.requests).toEqual([]);
      });

      it("throws the error that comes inside a 200 stream", async () => {
        const { stream, ended, text } = await openChat();
        stream.send("half");
        stream.fail({ status: 529, type: "overloaded_error", message: `Overloaded while reading: ${PROMPT}` });
        expect(expectClean(await ended)).toMatchObject({ reason: "overloaded", isRetryable: true });
        expect(text()).toBe("half");
      });

      it.each([
        ["a web page", "address", "<html><body>Login</body></html>", {}],
        [
          "an object without an answer",
          "malformed",
          '{"choices":[],"content":[]}',
          { "content-type": "application/json" },
        ],
      ])("refuses %s instead of a stream", async (_what, reason, raw, headers) => {
        vendor.failChats({ status: 200, raw, headers });
        const { error, seen } = await chat();
        expect(expectClean(error)).toMatchObject({ reason });
        expect(seen).toEqual([]);
      });

      it("refuses a broken frame without repeating it", async () => {
        const { stream, ended } = await openChat();
        await stream.sendRaw(`event: content_block_delta\ndata: {"the launch code\n\n`);
        expect(expectClean(await ended)).toMatchObject({ reason: "malformed" });
      });

      it.each([
        [400, "bad-request", false],
        [401, "auth", false],
        [403, "auth", false],
        [404, "address", false],
        [413, "context-too-long", false],
        [422, "bad-request", false],
        [429, "rate-limited", true],
        [500, "http", true],
        [503, "overloaded", true],
        [529, "overloaded", true],
      ])("answers %i as %s", async (status, reason, isRetryable) => {
        vendor.failChats({ status, message: `No: ${PROMPT} ${setup.key}` });
        const { error } = await chat();
        expect(expectClean(error)).toMatchObject({ reason, status, isRetryable });
        expect(vendor.chatRequests()).toBe(1);
      });

      it("adds the vendor's own words, shortened, where they are harmless", async () => {
        vendor.failChats({ status: 400, message: `This input is too long. ${"Really. ".repeat(60)}` });
        const { error } = await chat();
        const { message } = expectClean(error);
        expect(message).toContain("(400): This input is too long.");
        expect(message.length).toBeLessThan(280);
      });

      it("says which model the vendor does not know", async () => {
        const { error } = await chat({ ...ask(), model: "gone-model" });
        expect(expectClean(error)).toMatchObject({ reason: "unknown-model", status: 404 });
        expect((error as Error).message).toContain('"gone-model"');
      });

      it("tells how long to wait", async () => {
        vendor.failChats({ status: 429, headers: { "retry-after": "17" } });
        expect((await chat()).error).toMatchObject({ reason: "rate-limited", retryAfterMs: 17_000 });
      });

      it("does not call a used-up account retryable", async () => {
        vendor.failChats(setup.spendCap);
        const { error } = await chat();
        expect(expectClean(error)).toMatchObject({ reason: "spend-cap", isRetryable: false });
      });

      if (setup.limits !== undefined) {
        const { headers, read } = setup.limits;
        it("passes rate limits on with the finish", async () => {
          vendor.setHeaders(headers);
          expect((await chat()).seen.at(-1)).toMatchObject({ type: "finish", limits: read });
        });

        it("passes rate limits on with errors, also inside a stream", async () => {
          vendor.setHeaders(headers);
          const { stream, ended } = await openChat();
          stream.fail({ status: 529, type: "overloaded_error" });
          expect(await ended).toMatchObject({ limits: read });
          vendor.failChats({ status: 429 });
          expect((await chat()).error).toMatchObject({ limits: read });
        });
      }
    });

    describe("connections", () => {
      it("calls a refused connection a network fault", async () => {
        await vendor.close();
        expect(await faultOf(provider.listModels(idle()))).toMatchObject({ reason: "network", isRetryable: true });
        expect(expectClean((await chat()).error)).toMatchObject({ reason: "network" });
        vendor = await setup.start([]);
      });

      it("does not follow a redirect, so that neither key nor prompt reaches another host", async () => {
        const reached: string[] = [];
        const other = createServer((request, response) => {
          reached.push(String(request.url));
          response.end("{}");
        });
        await new Promise<void>((resolve) => void other.listen(0, "127.0.0.1", resolve));
        const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/elsewhere`;
        vendor.failLists({ status: 302, headers: { location } });
        vendor.failChats({ status: 307, headers: { location } });
        expect(await faultOf(provider.listModels(idle()))).toMatchObject({ reason: "address", status: 302 });
        expect(expectClean((await chat()).error)).toMatchObject({ reason: "address", status: 307 });
        expect(vendor.chatRequests()).toBe(1);
        expect(reached).toEqual([]);
        await new Promise((resolve) => other.close(resolve));
      });

      if (setup.key !== undefined) {
        it("says that the key is refused, without a piece of it", async () => {
          provider = await create(vendor.url, "sk-wrong-key-with-tail-zzzz9999");
          const fault = await faultOf(provider.listModels(idle()));
          expect(fault).toMatchObject({ reason: "auth", status: 401 });
          expect(fault.message).not.toContain("9999");
          expect((await chat()).error).toMatchObject({ reason: "auth" });
        });
      }

      if (setup.endlessPage !== undefined) {
        const { endlessPage } = setup;
        it("refuses a list without end", async () => {
          let pages = 0;
          const endless = createServer((_request, response) => {
            pages += 1;
            response.setHeader("content-type", "application/json");
            response.end(JSON.stringify(endlessPage(pages)));
          });
          await new Promise<void>((resolve) => void endless.listen(0, "127.0.0.1", resolve));
          provider = await create(`http://127.0.0.1:${(endless.address() as AddressInfo).port}/v1`);
          expect(await faultOf(provider.listModels(idle()))).toMatchObject({ reason: "malformed" });
          expect(pages).toBeLessThanOrEqual(20);
          endless.closeAllConnections();
          await new Promise((resolve) => endless.close(resolve));
        });
      }
    });
  });
}
