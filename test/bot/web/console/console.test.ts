import { afterEach, describe, expect, it } from "vitest";
import { fakeClock, settle } from "../../../support/fake-clock.js";
import { fakePlatform } from "../../../support/fake-platform.js";
import { readStream } from "../../../support/read-stream.js";
import { providerStatus, type RunningConsole, startConsole, WORKSPACE } from "./console-support.js";

const running: RunningConsole[] = [];
const closing: (() => void)[] = [];
const start: typeof startConsole = async (options) => {
  const started = await startConsole(options);
  running.push(started);
  return started;
};
const follow = async (url: string) => {
  const stream = await readStream(`${url}/api/console/events`);
  closing.push(stream.close);
  return stream;
};
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  for (const started of running.splice(0)) await started.stop();
});

const all = async (url: string) => (await (await fetch(`${url}/api/console`)).json()) as Record<string, object>;
const order = async (url: string, body: unknown) => {
  const response = await fetch(`${url}/api/console/commands`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const lines = (await response.text()).trim().split("\n");
  return [response.status, ...lines.map((line) => JSON.parse(line) as unknown)] as const;
};

describe("GET /api/console", () => {
  it("tells what platforms, store, lists and settings are like, and of platforms counts only", async () => {
    const discord = fakePlatform("discord");
    const { url, activity, clock } = await start({ platforms: [discord] });
    activity.onQuestion("discord", "discord:1:secret-channel");
    activity.onQuestion("discord", "discord:1:secret-channel");
    activity.onQuestion("discord", "discord:1:other");
    activity.onPlatformCall("discord", "edit", false);
    activity.onStoreCall("write", false);
    const { state } = await all(url);
    expect(state).toMatchObject({
      openTurns: 2,
      platforms: [{ name: "discord", questions: 3, conversations: 2, failedCalls: 1 }],
      store: { kind: "sqlite", isUp: false, errors: 1, lastErrorAt: clock.now() },
      refresh: { indicator: "fresh" },
      settings: {
        workspace: WORKSPACE,
        autoRefresh: { enabled: true, enabledBy: "host", interval: 5, intervalBy: "host" },
        model: { chosen: null, inForce: "openai/gpt-5" },
        switching: "anyone",
      },
    });
    expect(JSON.stringify(state)).not.toContain("secret");
  });

  it("gives every chat model with its state, window and prices, of the list or else known otherwise, unknown as null", async () => {
    const { catalogue } = await all((await start()).url);
    expect(catalogue).toMatchObject({
      models: [
        { id: "gpt-5", state: "listed", contextTokens: 400_000, inputPrice: 1.25 },
        { id: "gpt-5-mini", outputPrice: 2, releasedAt: null },
        { id: "free-one", inputPrice: 0, contextTokens: 1_000, name: "free-one" },
        { id: "gpt-4", state: "unlisted", inputPrice: null },
      ],
      changes: [{ provider: "openai", day: "2026-01-05", appeared: { models: ["gpt-5"], more: 2 } }],
    });
  });

  it("says that there is no ledger, or that it could not be read", async () => {
    expect((await all((await start()).url)).usage).toMatchObject({ isKept: false, models: [] });
    const readUsage = () => Promise.reject(new Error("down"));
    expect((await all((await start({ readUsage })).url)).usage).toMatchObject({ isKept: true, isFailed: true });
  });
});

describe("the console's event stream", () => {
  it("begins with everything, then tells the state every 5 s, charts every 15 and the ledger every minute", async () => {
    const clock = fakeClock();
    let reads = 0;
    const { url } = await start({
      clock,
      readUsage: async () => {
        reads += 1;
        return [];
      },
    });
    const events = await follow(url);
    await expect.poll(() => events.names()).toEqual(["state", "series", "catalogue", "usage"]);
    await clock.advance(5_000);
    await expect.poll(() => events.names().slice(4)).toEqual(["state"]);
    await clock.advance(10_000);
    await expect.poll(() => events.names().slice(5)).toEqual(["state", "state", "series"]);
    await clock.advance(45_000);
    await expect.poll(() => events.names().filter((name) => name === "usage").length).toBe(2);
    expect(reads).toBe(2);
    expect(events.names().filter((name) => name === "catalogue")).toHaveLength(1);
  });

  it("tells the charts of a refresh with the state that it changes", async () => {
    const { url, series, setStatus } = await start();
    const events = await follow(url);
    await expect.poll(() => events.names().length).toBe(4);
    series.onRefresh({ provider: "openai", trigger: "person", outcome: "ok", durationMs: 20 });
    setStatus({ indicator: "fresh" });
    await expect.poll(() => events.names().slice(4)).toEqual(["state", "series"]);
    expect(events.last("series")).toMatchObject({ refreshes: [{ provider: "openai", outcome: "ok" }] });
    setStatus({ indicator: "refreshing" });
    await expect.poll(() => events.names().slice(6)).toEqual(["state"]);
  });

  it("tells at once what a refresh or a setting changes, and the lists only when they differ", async () => {
    const { url, setStatus, setModels, settings } = await start();
    const events = await follow(url);
    await expect.poll(() => events.names().length).toBe(4);
    setStatus({ indicator: "refreshing" });
    await expect.poll(() => events.last("state")).toMatchObject({ refresh: { indicator: "refreshing" } });
    setModels([{ id: "new-one", isChat: true }]);
    await expect.poll(() => events.last("catalogue")).toMatchObject({ models: [{ id: "new-one" }] });
    setStatus({ indicator: "fresh", providers: [providerStatus({ isFresh: false })] });
    await settings.change(WORKSPACE, () => ({ isEnabled: false, interval: "smart" }));
    await expect
      .poll(() => events.last("state"))
      .toMatchObject({
        settings: { autoRefresh: { enabled: false, enabledBy: "workspace", interval: "smart" } },
      });
    expect(events.names().filter((name) => name === "catalogue")).toHaveLength(2);
  });

  it("is given to fifty consoles, and refused to the next one until one leaves", async () => {
    const { url } = await start();
    const streams = await Promise.all(Array.from({ length: 50 }, () => follow(url)));
    const next = await fetch(`${url}/api/console/events`);
    expect([next.status, await next.json()]).toEqual([
      503,
      { error: "Too many consoles are open; close some and try again." },
    ]);
    streams[0]?.close();
    await expect
      .poll(async () => {
        const again = await fetch(`${url}/api/console/events`);
        await again.body?.cancel();
        return again.status;
      })
      .toBe(200);
  });

  it("ends when the bot stops", async () => {
    const started = await start();
    const events = await follow(started.url);
    await running.splice(0)[0]?.stop();
    await settle();
    expect(await events.isOver()).toBe(true);
  });
});

describe("POST /api/console/commands", () => {
  it("takes no order of another site's page, and no large one", async () => {
    const { url, commands } = await start();
    const send = (headers: Record<string, string>, body = JSON.stringify({ command: "/refresh-models" })) =>
      fetch(`${url}/api/console/commands`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      }).then(({ status }) => status);
    expect(await send({ origin: "https://evil.example" })).toBe(403);
    expect(await send({ "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await send({ "content-type": "text/plain" })).toBe(415);
    expect(await send({}, `"${"x".repeat(1_100_000)}"`)).toBe(413);
    expect(commands).toEqual([]);
    expect(await send({})).toBe(200);
  });

  it("runs settings and refreshes and answers with each reply as a line", async () => {
    const { url, commands } = await start({
      async *run() {
        yield { markdown: "first" };
        yield { markdown: "last", isFailure: true };
      },
    });
    expect(await order(url, { command: " /settings auto-refresh on " })).toEqual([
      200,
      { text: "first", isFailure: false, settings: expect.anything() },
      { text: "last", isFailure: true, settings: expect.objectContaining({ switching: "anyone" }) },
    ]);
    expect((await order(url, { command: "/refresh-models" }))[0]).toBe(200);
    expect(commands).toEqual(["/settings auto-refresh on", "/refresh-models"]);
  });

  it.each([
    {},
    { command: "" },
    { command: 5 },
    { command: "/chat forget" },
    { command: "/settingsx" },
    { command: "settings show" },
    { command: "hello /settings" },
    { command: `/settings ${"x".repeat(500)}` },
    [],
  ])("refuses %j and runs nothing", async (body) => {
    const { url, commands } = await start();
    expect((await order(url, body))[0]).toBe(400);
    expect(commands).toEqual([]);
  });
});
