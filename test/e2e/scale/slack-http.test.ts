import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { appOf } from "../../bot/slack/slack-support.js";
import { type BotProcess, startProcess } from "../../support/bot-process.js";
import { type Cable, layCable } from "../../support/cable.js";
import { BOT_TOKEN, SIGNING_SECRET, startFakeSlack } from "../../support/fake-slack.js";
import { freePort } from "../../support/free-port.js";
import { eventually } from "../../support/playground-client.js";
import { startRedis } from "../../support/redis-server.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const REPLICAS = 2;
/** On a busy machine an answer may fail; what is asked here is that it comes once. */
const END_MARKS = ["white_check_mark", "warning", "x"];

const redis = await startRedis();
const folder = temporaryFolder();
afterAll(async () => {
  await redis?.remove();
  folder.remove();
});

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A load balancer: each request goes to the next backend, whose answers are counted by status. */
async function balance(ports: readonly number[]) {
  const statuses: number[] = [];
  let turn = 0;
  const server = createServer((incoming, response) => {
    const { method, url: path, headers } = incoming;
    const port = ports[turn++ % ports.length];
    const out = request({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
      statuses.push(answer.statusCode ?? 0);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    out.on("error", () => response.writeHead(502).end());
    incoming.pipe(out);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`, statuses };
}

const startReplica = (cable: Cable, slackApiUrl: string, port: number): Promise<BotProcess> =>
  startProcess(folder.path, {
    SLACK_BOT_TOKEN: BOT_TOKEN,
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    SLACK_PORT: String(port),
    SLACK_API_URL: slackApiUrl,
    DEMO_PROVIDER: "on",
    STORE_URL: cable.url,
    USER_MESSAGES_PER_10_MIN: "0",
    CHANNEL_MESSAGES_PER_10_MIN: "0",
  });

describe.runIf(redis !== undefined)("two replicas in Slack's HTTP mode behind a load balancer", () => {
  it("acknowledge what is stored and nothing else, and answer each question once", async () => {
    const cable = await layCable(redis?.url ?? "");
    closing.push(cable.close);
    const ports = await Promise.all(Array.from({ length: REPLICAS }, freePort));
    const { url, statuses } = await balance(ports);
    const slack = await startFakeSlack({
      now: Date.now,
      ...appOf(),
      http: { url, signingSecret: SIGNING_SECRET },
      retryPausesMs: [500, 1_000, 2_000, 4_000, 8_000],
    });
    closing.push(slack.close);
    const bots = await Promise.all(ports.map((port) => startReplica(cable, slack.apiUrl, port)));
    closing.push(() => Promise.all(bots.map((bot) => bot.end("SIGKILL"))));
    const isUp = ({ url: at }: BotProcess) => fetch(`${at}/readyz`).then(({ ok }) => ok);
    await eventually("both", async () => (await Promise.all(bots.map(isUp))).every(Boolean) || undefined);

    const ask = (count: number) =>
      Array.from({ length: count }, (_, index) => slack.mentionSoon(`question ${index}`, { deliverTwice: true }));
    const before = ask(6);
    await Promise.all(before.map(({ acknowledged }) => acknowledged));
    expect(new Set(statuses)).toEqual(new Set([200]));

    const isDone = ({ ts }: { readonly ts: string }) =>
      slack.marksOf("C0GENERAL", ts).some((mark) => END_MARKS.includes(mark));
    await eventually("every end", () => before.every(isDone) || undefined, 60_000);

    cable.cut();
    const during = ask(4);
    let early = 0;
    for (const { acknowledged } of during) void acknowledged.then(() => early++);
    await eventually("refusals", () => statuses.filter((status) => status === 503).length > during.length || undefined);
    expect(early).toBe(0);
    cable.mend();
    expect(await Promise.all(during.map(({ acknowledged }) => acknowledged))).toEqual(during.map(() => true));

    const all = [...before, ...during];
    await eventually("every end", () => all.every(isDone) || undefined, 60_000);
    for (const { ts } of all) expect(slack.textsIn("C0GENERAL", ts)).toHaveLength(1);
    expect(slack.unacknowledged).toEqual([]);
  });
});
