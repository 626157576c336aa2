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
      const answer = get("/api/status", bearer(wrong));
      await expect.poll(() => clock.sleepers()).toBe(1);
      await clock.advance(10_000);
      expect([wrong, (await answer).status]).toEqual([wrong, 401]);
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

  it("keeps a cookie good over a restart, until the token changes", async () => {
    const first = await start();
    const cookie = (await submit(first.url, `token=${TOKEN}`)).headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await (await start()).get("/assets/shared/api.js", { cookie })).status).toBe(200);
    expect((await (await start({ token: "another-one" })).get("/assets/shared/api.js", { cookie })).status).toBe(401);
  });

  it("shows the form again after a wrong token, late", async () => {
    const { url, clock } = await start();
    const answer = submit(url, "token=wrong");
    await expect.poll(() => clock.sleepers()).toBe(1);
    await clock.advance(200);
    expect((await answer).status).toBe(401);
    expect(await (await answer).text()).toContain("That is not the token.");
    expect((await answer).headers.get("set-cookie")).toBeNull();
  });

  it("takes a form only, and a small one", async () => {
    const { url } = await start();
    expect((await submit(url, JSON.stringify({ token: TOKEN }), "application/json")).status).toBe(415);
    expect((await submit(url, `token=${"x".repeat(9_000)}`)).status).toBe(413);
  });
});

describe("createTokenCheck()", () => {
  it("answers wrong guesses one after the other, each later, up to 3 s", async () => {
    const clock = fakeClock(0);
    const check = createTokenCheck(TOKEN, clock, new AbortController().signal);
    const answeredAt: number[] = [];
    for (let count = 0; count < 7; count++) check.slowDown().then(() => answeredAt.push(clock.now()));
    await clock.advance(60_000);
    expect(answeredAt).toEqual([200, 600, 1_400, 3_000, 6_000, 9_000, 12_000]);
  });

  it("begins anew after a minute without a wrong guess", async () => {
    const clock = fakeClock(0);
    const check = createTokenCheck(TOKEN, clock, new AbortController().signal);
    const guess = async () => {
      const startedAt = clock.now();
      let took = 0;
      check.slowDown().then(() => {
        took = clock.now() - startedAt;
      });
      await clock.advance(3_000);
      return took;
    };
    expect([await guess(), await guess()]).toEqual([200, 400]);
    await clock.advance(57_000);
    expect(await guess()).toBe(800);
    await clock.advance(57_001);
    expect(await guess()).toBe(200);
  });

  it("lets ten wait and no more, and all go when the server stops", async () => {
    const clock = fakeClock(0);
    const stopping = new AbortController();
    const check = createTokenCheck(TOKEN, clock, stopping.signal);
    const waiting = Array.from({ length: 10 }, () => check.slowDown());
    await expect(check.slowDown()).rejects.toMatchObject({ status: 429 });
    stopping.abort();
    await Promise.all(waiting);
    await settle();
    expect(clock.sleepers()).toBe(0);
  });
});
