import { afterEach, describe, expect, it } from "vitest";
import { createTokenCheck } from "../../../../src/bot/web/http/token.js";
import { fakeClock, settle } from "../../../support/fake-clock.js";
import { sendRequest, startServer } from "./http-support.js";

const TOKEN = "a-long-random-value";
const stops: (() => Promise<void>)[] = [];
const start = async (config: { metricsPublic?: boolean; token?: string | undefined } = {}) => {
  const clock = fakeClock();
  const running = await startServer({ clock, config: { token: TOKEN, ...config } });
  stops.push(async () => {
    const stopped = running.server.stop();
    await clock.advance(2_000);
    await stopped;
  });
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${running.url}${path}`, { headers, redirect: "manual" });
  return { ...running, clock, get };
};
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("HTTP_TOKEN", () => {
  it("is asked for everywhere but at /healthz and /readyz", async () => {
    const { get } = await start();
    for (const path of ["/healthz", "/readyz"]) expect((await get(path)).status).toBe(200);
    for (const path of ["/", "/api/status", "/api/models", "/metrics", "/nothing", "/healthz/", "/api/../api/status"]) {
      expect([path, (await get(path)).status]).toEqual([path, 401]);
    }
    expect((await get("/api/status")).headers.get("www-authenticate")).toBe('Bearer realm="evergreen"');
  });

  it("opens with the token, and with nothing else", async () => {
    const { get, clock } = await start();
    expect((await get("/api/status", bearer(TOKEN))).status).toBe(200);
    expect((await get("/api/status", { authorization: `bearer ${TOKEN}` })).status).toBe(200);
    for (const wrong of [TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase(), "x"]) {
      expect([wrong, (await get("/api/status", bearer(wrong))).status]).toEqual([wrong, 401]);
      await clock.advance(60_001);
    }
    for (const authorization of [TOKEN, `Basic ${btoa(`x:${TOKEN}`)}`, "Bearer", "Bearer "]) {
      expect((await get("/api/status", { authorization })).status).toBe(401);
    }
    expect((await get(`/api/status?token=${TOKEN}`)).status).toBe(401);
  });

  it("leaves /metrics free where METRICS_PUBLIC says so", async () => {
    const { get } = await start({ metricsPublic: true });
    expect((await get("/metrics")).status).toBe(200);
    expect((await get("/api/status")).status).toBe(401);
  });

  it("is not asked for where it is not set, and there is no sign-in then", async () => {
    const { get, url } = await start({ token: undefined });
    expect((await get("/api/status")).status).toBe(200);
    expect((await fetch(`${url}/sign-in`, { method: "POST" })).status).toBe(404);
  });

  it("keeps its place behind the Host check", async () => {
    const { port } = await start();
    const headers = ["Host: evil.example", `Authorization: Bearer ${TOKEN}`];
    expect((await sendRequest(port, { headers })).status).toBe(403);
  });
});

describe("signing in", () => {
  const submit = (url: string, body: string, type = "application/x-www-form-urlencoded") =>
    fetch(`${url}/sign-in`, { method: "POST", body, headers: { "content-type": type }, redirect: "manual" });

  it("begins with a form when a browser comes to a page", async () => {
    const { get } = await start();
    const answer = await get("/", { accept: "text/html,application/xhtml+xml" });
    const page = await answer.text();
    expect(answer.status).toBe(401);
    expect(page).toContain('<form method="post" action="/sign-in"');
    expect(page).not.toMatch(/<script>|<style|style=|\bon\w+="/);
  });

  it("gives out nothing before the token but what the form itself needs", async () => {
    const { get } = await start();
    expect((await get("/sign-in")).status).toBe(200);
    for (const name of ["sign-in.js", "token.js", "elements.js", "theme.css", "sign-in.css", "icon.svg"]) {
      expect([name, (await get(`/assets/shared/${name}`)).status]).toEqual([name, 200]);
    }
    for (const path of ["/assets/shared/api.js", "/assets/app.js", "/sign-in/", "/assets/shared/../app.js"]) {
      expect([path, (await get(path)).status]).toEqual([path, 401]);
    }
  });

  it("gives a cookie that opens pages and no interface, and does not hold the token", async () => {
    const { url, get } = await start();
    const answer = await submit(url, `token=${TOKEN}`);
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
    const cookie = answer.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^evergreen-sign-in=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(TOKEN);
    const pair = cookie.split(";")[0] ?? "";
    expect((await get("/assets/shared/api.js", { cookie: pair })).status).toBe(200);
    for (const cookie of [`${pair}x`, `evergreen-sign-in=${TOKEN}`]) {
      expect((await get("/assets/shared/api.js", { cookie })).status).toBe(401);
    }
    // A browser sends it by itself, also to whatever else runs on this host: it must not be worth stealing.
    for (const path of ["/api/status", "/metrics", "/api", "/api/channels/general/events"]) {
      expect([path, (await get(path, { cookie: pair })).status]).toEqual([path, 401]);
    }
    const post = await fetch(`${url}/assets/shared/api.js`, { method: "POST", headers: { cookie: pair } });
    expect(post.status).toBe(401);
  });

  it("gives a cookie of this process alone, takes back an old one, and marks it secure behind TLS", async () => {
    const first = await start();
    const old = (await submit(first.url, `token=${TOKEN}`)).headers.get("set-cookie")?.split(";")[0] ?? "";
    const second = await start();
    const answer = await second.get("/", { cookie: old });
    expect([answer.status, answer.headers.get("set-cookie")]).toEqual([401, "evergreen-sign-in=; Max-Age=0; Path=/"]);
    await second.clock.advance(60_001);
    const body = new URLSearchParams({ token: TOKEN });
    const headers = { "x-forwarded-proto": "https" };
    const behindTls = await fetch(`${second.url}/sign-in`, { method: "POST", body, headers, redirect: "manual" });
    expect(behindTls.headers.get("set-cookie")).toMatch(/; Secure; SameSite=Strict$/);
  });

  it("shows the form again after a wrong token, and looks at the next one later", async () => {
    const { url, clock } = await start();
    const answer = await submit(url, "token=wrong");
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain("That is not the token.");
    expect(answer.headers.get("set-cookie")).toBeNull();
    const right = submit(url, `token=${TOKEN}`);
    await expect.poll(() => clock.sleepers()).toBe(1);
    await clock.advance(200);
    expect((await right).status).toBe(303);
  });

  it("takes a form only, and a small one", async () => {
    const { url } = await start();
    expect((await submit(url, JSON.stringify({ token: TOKEN }), "application/json")).status).toBe(415);
    expect((await submit(url, `token=${"x".repeat(9_000)}`)).status).toBe(413);
  });
});

describe("createTokenCheck()", () => {
  const HOME = "203.0.113.7";
  const world = () => {
    const clock = fakeClock(0);
    const stopping = new AbortController();
    const check = createTokenCheck(TOKEN, clock, stopping.signal);
    const from = (address = HOME) => ({ address, connection: {} });
    const judge = (token: string, address?: string) => check.accepts(token, from(address), false);
    return { clock, stopping, check, from, judge };
  };

  it("looks at one token of an address at a time after a wrong one, each later, up to 3 s", async () => {
    const { clock, judge } = world();
    const judgedAt: number[] = [];
    for (let count = 0; count < 7; count++) void judge("wrong").then(() => judgedAt.push(clock.now()));
    await clock.advance(60_000);
    expect(judgedAt).toHaveLength(7);
    const pauses = judgedAt.slice(1).map((at, index) => at - (judgedAt[index] ?? 0));
    expect(pauses[0]).toBe(200);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(3_000);
  });

  it("does not take the right token amid thousands of guesses at once, and is fast again a minute later", async () => {
    const { clock, judge } = world();
    const guesses = Array.from({ length: 5_000 }, (_, index) => judge(index === 2_500 ? TOKEN : `guess-${index}`));
    const outcomes = Promise.allSettled(guesses);
    await clock.advance(60_000);
    const settled = await outcomes;
    expect(settled.filter((each) => each.status === "fulfilled" && each.value)).toEqual([]);
    expect(settled.filter((each) => each.status === "fulfilled")).toHaveLength(11); // the first, and ten that waited
    await clock.advance(60_001);
    expect(await judge(TOKEN)).toBe(true);
  });

  it("delays neither other addresses, nor who is signed in, nor a connection that has sent the token", async () => {
    const { check, from, judge } = world();
    const mine = from();
    expect(await check.accepts(TOKEN, mine, false)).toBe(true);
    for (let count = 0; count < 5; count++) void judge("wrong").catch(() => {});
    await settle();
    expect(await judge(TOKEN, "198.51.100.1")).toBe(true);
    expect(await check.accepts(TOKEN, mine, false)).toBe(true);
    expect(await check.accepts(TOKEN, from(), true)).toBe(true);
  });

  it("counts a wrong cookie, and an IPv6 network as one address", async () => {
    const { clock, check, from, judge } = world();
    check.noteWrong(from("2001:db8:1:2::1"));
    const waits = judge(TOKEN, "2001:db8:1:2::2");
    await settle();
    expect(clock.sleepers()).toBe(1);
    expect(await judge(TOKEN, "2001:db8:1:3::1")).toBe(true);
    await clock.advance(200);
    expect(await waits).toBe(true);
  });

  it("lets all who wait go when the server stops", async () => {
    const { clock, stopping, judge } = world();
    const waiting = Array.from({ length: 11 }, () => judge("wrong"));
    await expect(judge(TOKEN)).rejects.toMatchObject({ status: 429 });
    stopping.abort();
    await Promise.all(waiting);
    await settle();
    expect(clock.sleepers()).toBe(0);
  });
});
