// What the chat itself costs. Runs the built program's own parts, each measurement in a process of its own.
//   cpu:     CPU of a reply at 50 channels, over the openai SDK alone on the same streams
//   streams: 100 answers at once at 50 tokens/s: characters lost, event-loop delay
//   token:   CPU of a token in answers of 20,000 tokens, over that in answers of 500
//   save:    saving a turn at 1 MB of history, over that at 1 KB; store writes of a save
//   budget:  what a turn of a person, channel and workspace with budgets costs the store, and what it writes more
//   idle:    memory of 1,000 conversations that rest
// `PARTS=cpu,save npm run bench -- chat` runs some of them.
import { measure, serve } from "./openai-streams.mjs";

const round = (value, digits = 2) => Number(value.toFixed(digits));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const parts = {
  async cpu(print) {
    const server = await serve(300);
    const terms = { url: server.url, channels: 50, replies: 3 };
    const rounds = [];
    for (let index = 0; index < 3; index++) {
      const sdk = await measure("sdk", terms);
      const chat = await measure("chat", terms);
      rounds.push({ ratio: chat.cpuMsPerReply / sdk.cpuMsPerReply, sdk: sdk.cpuMsPerReply, chat: chat.cpuMsPerReply });
    }
    await server.close();
    print({
      part: "cpu",
      ratio: round(median(rounds.map(({ ratio }) => ratio))),
      target: 1.35,
      cpuMsPerReply: round(median(rounds.map(({ chat }) => chat))),
      sdkCpuMsPerReply: round(median(rounds.map(({ sdk }) => sdk))),
      channels: terms.channels,
      tokens: 300,
    });
  },
  async streams(print) {
    const tokens = 400;
    const server = await serve(tokens);
    const expected = Array.from({ length: tokens }, (_unused, token) => `word${token % 10} `).join("");
    const { loopDelayP99Ms, charactersLost } = await measure("streams", { url: server.url, channels: 100, expected });
    await server.close();
    print({
      part: "streams",
      charactersLost,
      loopDelayP99Ms: round(loopDelayP99Ms),
      targetMs: 50,
      streams: 100,
      tokensPerSecond: 50,
    });
  },
  async token(print) {
    const long = await measure("token", { tokens: 20_000, answers: 5 });
    const short = await measure("token", { tokens: 500, answers: 200 });
    print({
      part: "token",
      ratio: round(long.cpuUsPerToken / short.cpuUsPerToken),
      target: 1.5,
      cpuUsPerToken: { at500: round(short.cpuUsPerToken), at20000: round(long.cpuUsPerToken) },
    });
  },
  async save(print) {
    const large = await measure("save", { historyBytes: 2 ** 20, rounds: 500 });
    const small = await measure("save", { historyBytes: 1_024, rounds: 500 });
    print({
      part: "save",
      ratio: round(large.medianMs / small.medianMs),
      target: 1.5,
      medianMs: { at1Kb: round(small.medianMs, 3), at1Mb: round(large.medianMs, 3) },
      writes: large.writesPerSave,
      targetWrites: 2,
    });
  },
  async budget(print) {
    const limited = await measure("budget", { isLimited: true, rounds: 1_000 });
    const plain = await measure("budget", { isLimited: false, rounds: 1_000 });
    print({
      part: "budget",
      p99Ms: { limited: round(limited.p99Ms, 3), plain: round(plain.p99Ms, 3) },
      targetP99Ms: 10,
      medianMs: { limited: round(limited.medianMs, 3), plain: round(plain.medianMs, 3) },
      moreWrites: limited.writesPerTurn - plain.writesPerTurn,
      targetMoreWrites: 1,
    });
  },
  async idle(print) {
    const { heapMb, rssMb } = await measure("idle", { conversations: 1_000 });
    print({ part: "idle", heapMbPer1000: round(heapMb), rssMbPer1000: round(rssMb), targetMb: 1 });
  },
};

export async function run(print) {
  const wanted = process.env.PARTS?.split(",") ?? Object.keys(parts);
  for (const name of wanted) await parts[name]?.(print);
}
