import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { BOT_TOKEN, SIGNING_SECRET } from "../../support/fake-slack.js";
import { sendSigned, sign } from "../../support/fake-slack-http.js";
import { freePort, type SlackWorld, startSlackWorld } from "./slack-support.js";

/** The signature's headers as they go over the wire; `at` in epoch ms. */
const stampLine = (at: number, signature = `v0=${"0".repeat(64)}`) =>
  `x-slack-request-timestamp: ${Math.floor(at / 1_000)}\r\nx-slack-signature: ${signature}\r\n`;

describe("Slack's HTTP endpoint", () => {
  let world: SlackWorld | undefined;
  afterEach(() => world?.close());

  const start = async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/slack/events`;
    const environment = { SLACK_BOT_TOKEN: BOT_TOKEN, SLACK_SIGNING_SECRET: SIGNING_SECRET, SLACK_PORT: String(port) };
    world = await startSlackWorld({ environment, slack: { http: { url, signingSecret: SIGNING_SECRET } } });
    return { url, now: world.clock.now(), slack: world.slack };
  };
  const body = JSON.stringify({ type: "url_verification", challenge: "c1", token: "t" });
  const contentType = "application/json";

  it("accepts what is signed up to five minutes ago or ahead, and nothing beyond", async () => {
    const { url, now } = await start();
    const statusAt = async (skewMs: number) =>
      (await sendSigned({ url, signingSecret: SIGNING_SECRET }, { body, contentType, now: now + skewMs })).status;
    expect(await statusAt(0)).toBe(200);
    expect(await statusAt(-300_000)).toBe(200);
    expect(await statusAt(300_000)).toBe(200);
    expect(await statusAt(-301_000)).toBe(401);
    expect(await statusAt(301_000)).toBe(401);
  });

  it("takes a request once: a replay is refused, a repetition that Slack names so is acknowledged and no more", async () => {
    const { url, now, slack } = await start();
    const { ts } = slack.workspace.add({
      channel: "C0GENERAL",
      thread: undefined,
      user: "U0ADA",
      text: "x",
      blocks: [],
    });
    const event = { type: "app_mention", channel: "C0GENERAL", user: "U0ADA", text: "<@U0BOT> hi", ts };
    const given = JSON.stringify({ type: "event_callback", team_id: "T0EVERGREEN", event_id: "Ev7", event });
    const target = { url, signingSecret: SIGNING_SECRET };
    expect((await sendSigned(target, { body: given, contentType, now })).status).toBe(200);
    expect((await sendSigned(target, { body: given, contentType, now })).status).toBe(401);
    const repeated = { headers: { "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout" } };
    expect((await sendSigned(target, { body: given, contentType, now, ...repeated })).status).toBe(200);
    expect((await sendSigned(target, { body: given, contentType, now: now + 1_000, ...repeated })).status).toBe(200);
    await world?.until("an answer", () => slack.marksOf("C0GENERAL", ts).includes("white_check_mark"));
    expect(slack.textsIn("C0GENERAL", ts)).toHaveLength(1);
  });

  it("answers Slack's challenge", async () => {
    const { url, now } = await start();
    const response = await sendSigned({ url, signingSecret: SIGNING_SECRET }, { body, contentType, now });
    expect(await response.json()).toEqual({ challenge: "c1" });
  });

  it("refuses what is not signed with the secret, or changed on its way", async () => {
    const { url, now } = await start();
    const timestamp = Math.floor(now / 1_000);
    const good = sign(SIGNING_SECRET, timestamp, body);
    const post = async (headers: Record<string, string>, sent = body) =>
      (await fetch(url, { method: "POST", headers: { "content-type": contentType, ...headers }, body: sent })).status;
    const stamp = { "x-slack-request-timestamp": String(timestamp) };
    expect(await post({ ...stamp, "x-slack-signature": good })).toBe(200);
    expect(await post({ ...stamp, "x-slack-signature": sign("another", timestamp, body) })).toBe(401);
    expect(await post({ ...stamp, "x-slack-signature": good }, `${body} `)).toBe(401);
    for (const strange of ["v0=", `${good}=x`, `${good}0`, good.toUpperCase(), `v0=${"g".repeat(64)}`])
      expect(await post({ ...stamp, "x-slack-signature": strange })).toBe(401);
    expect(await post({ ...stamp, "x-slack-signature": good.replace("v0", "v1") })).toBe(401);
    expect(await post(stamp)).toBe(401);
    expect(await post({ "x-slack-signature": good })).toBe(401);
    expect(await post({ "x-slack-request-timestamp": "NaN", "x-slack-signature": good })).toBe(401);
  });

  it("refuses at once, without reading, what bears no signature or an old one", async () => {
    const { url, now } = await start();
    const { port, hostname } = new URL(url);
    const refusals = ["", "x-slack-signature: v0=x\r\n", stampLine(now - 301_000), stampLine(now, "v0=x")].map(
      async (lines) => {
        const socket = connect(Number(port), hostname);
        socket.on("error", () => {}); // it is cut off later
        socket.write(`POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${lines}`);
        socket.write("Content-Length: 900000\r\n\r\n{");
        const [answer] = (await once(socket, "data")) as [Buffer];
        const closed = once(socket, "close");
        await world?.clock.advance(500);
        await closed;
        return answer.toString().slice(0, 12);
      },
    );
    expect(await Promise.all(refusals)).toEqual(refusals.map(() => "HTTP/1.1 401"));
  });

  it("bounds what is read at once, and what a request may take", async () => {
    const { url, now } = await start();
    const { port, hostname } = new URL(url);
    const sockets = Array.from({ length: 40 }, () => {
      const socket = connect(Number(port), hostname);
      const answer = once(socket, "data").then(([data]) => String(data).slice(0, 12));
      socket.on("error", () => {});
      socket.write(`POST /slack/events HTTP/1.1\r\nHost: x\r\n${stampLine(now, `v0=${"0".repeat(64)}`)}`);
      socket.write(`Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n${"x".repeat(950_000)}`);
      return { socket, answer };
    });
    expect(await Promise.race(sockets.map(({ answer }) => answer))).toBe("HTTP/1.1 503");
    for (const { socket } of sockets) socket.destroy();
    await expect
      .poll(async () => (await sendSigned({ url, signingSecret: SIGNING_SECRET }, { body, contentType, now })).status)
      .toBe(200);
  });

  it("has no other doors, and takes no endless bodies", async () => {
    const { url, now } = await start();
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(url.replace("/slack/events", "/"), { method: "POST" })).status).toBe(404);
    const target = { url, signingSecret: SIGNING_SECRET };
    expect((await sendSigned(target, { body: "x".repeat(1_000_001), contentType, now })).status).toBe(413);
    for (const strange of ["null", "{", "[]", '"x"', "7"]) {
      const { status } = await sendSigned(target, { body: strange, contentType, now });
      expect([200, 400]).toContain(status);
    }
    const form = { body: "payload=%7B", contentType: "application/x-www-form-urlencoded", now };
    expect((await sendSigned(target, form)).status).toBe(400);
  });

  it("answers Slack's unsigned check of the certificate without looking at anything else in it", async () => {
    const { url, slack } = await start();
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "ssl_check=1&command=%2Fmodels&text=status&team_id=T0EVERGREEN&user_id=U0ADA&channel_id=C0GENERAL&trigger_id=1",
    });
    expect(response.status).toBe(200);
    expect(slack.workspace.ephemerals).toEqual([]);
  });
});
