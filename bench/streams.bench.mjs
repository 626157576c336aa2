// How late a token is on the playground while many answers stream at once: from the vendor's write to the page that
// reads it, over sockets. The vendor runs in a thread, the pages in the benchmark's own process, all on the same cores.
// BENCH_STREAMS=50,100 chooses how many answers; BENCH_PROFILE=FOLDER writes profiles of the bot's CPU.
import { get } from "node:http";
import { pause, startBot } from "./discord-stage.mjs";
import { serve } from "./openai-streams.mjs";
import { tailOf } from "./tail-of.mjs";

const TOKENS_PER_SECOND = 30;
const SECONDS = 12;
/** More event streams the playground does not open. */
const MAX_PAGES = 200;
const TARGET_MS = 100;

/** Follows a channel; `onText` gets what is new of each text. */
function openPage(url, channel, onText) {
  return new Promise((resolve) => {
    const request = get(`${url}/api/channels/${channel}/events`, { agent: false }, (response) => {
      let text = "";
      let shown = 0;
      response.setEncoding("utf8").on("data", (piece) => {
        text += piece;
        const events = text.split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) {
          if (!event.startsWith("event: edit")) continue;
          const edit = JSON.parse(event.slice(event.indexOf("data: ") + 6));
          onText(edit.text.slice(shown));
          shown = edit.text.length;
        }
      });
      resolve(() => request.destroy());
    });
  });
}

async function ask(url, channel) {
  const body = JSON.stringify({ text: "Tell me something." });
  await fetch(`${url}/api/channels/${channel}/messages`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
}

/** Milliseconds that each token took, and the bot's CPU meanwhile. */
async function measure(bot, streams, round) {
  const delays = [];
  const onText = (text) => {
    const now = Date.now();
    // The last word may be cut; what the vendor wrote is the time of the write.
    for (const [, at] of text.matchAll(/(\d{13}) /g)) delays.push(now - Number(at));
  };
  const channels = Array.from({ length: streams }, (_, index) => `s${round}-${index}`);
  const pages = await Promise.all(channels.slice(0, MAX_PAGES).map((channel) => openPage(bot.url, channel, onText)));
  const asking = channels.map(async (channel, index) => {
    await pause((index / streams) * 2_000);
    await ask(bot.url, channel);
  });
  await Promise.all(asking);
  await pause(1_000);
  delays.length = 0;
  const before = bot.cpuMs();
  const startedAt = performance.now();
  await pause((SECONDS - 5) * 1_000);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpuMs = bot.cpuMs() - before;
  const measured = [...delays];
  await pause(4_000);
  for (const close of pages) close();
  return { delays: measured, cpuMsPerSecond: cpuMs / seconds };
}

export async function run(print) {
  const vendor = await serve(TOKENS_PER_SECOND * SECONDS, 1_000 / TOKENS_PER_SECOND, true);
  const bot = await startBot({
    OPENAI_API_KEY: "sk-bench",
    OPENAI_BASE_URL: vendor.url,
    DEFAULT_MODEL: "openai/gpt-4o",
  });
  await measure(bot, 20, 0); // warm
  const counts = process.env.BENCH_STREAMS?.split(",").map(Number) ?? [50, 100, 150, 200, 250];
  for (const [index, streams] of counts.entries()) {
    const { delays, cpuMsPerSecond } = await measure(bot, streams, index + 1);
    const sorted = [...delays].sort((a, b) => a - b);
    print({
      streams,
      tokensPerSecond: TOKENS_PER_SECOND,
      tokens: delays.length,
      delayP50Ms: sorted[Math.floor(sorted.length / 2)],
      ...tailOf("delayMs", delays, Math.round),
      targetMs: TARGET_MS,
      botCpuMsPerSecond: Math.round(cpuMsPerSecond),
      botCpuUsPerToken: Math.round((cpuMsPerSecond * 1_000) / (streams * TOKENS_PER_SECOND)),
    });
  }
  await bot.stop();
  await vendor.close();
}
