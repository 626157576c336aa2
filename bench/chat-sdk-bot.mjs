// The Chat SDK's bot for the benchmarks, as its documentation writes one: it answers mentions with a streamed completion.
// Everything else is at the SDK's defaults. It says over its channel when it is ready and when an answer is over.
import OpenAI from "openai";
import { importPeer } from "./peers.mjs";

const { DISCORD_API_URL, DISCORD_TOKEN, SLACK_API_URL, SLACK_APP_TOKEN, SLACK_BOT_TOKEN } = process.env;
// It comes with the adapter.
const { DefaultRestOptions } = await importPeer("discord.js");
const { Chat } = await importPeer("chat");
const { createDiscordAdapter } = await importPeer("@chat-adapter/discord");
const { createMemoryState } = await importPeer("@chat-adapter/state-memory");
const tell = (message) => process.send?.(message);

// The adapter makes its own client for the gateway, which reads its address from here.
Object.assign(DefaultRestOptions, { api: DISCORD_API_URL });
const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const discord = createDiscordAdapter({
  botToken: DISCORD_TOKEN,
  applicationId: "900000000000000002",
  publicKey: "0".repeat(64),
  apiUrl: `${DISCORD_API_URL}/v10`,
  logger,
});
const adapters = { discord };
if (SLACK_BOT_TOKEN !== undefined) {
  const { createSlackAdapter } = await importPeer("@chat-adapter/slack");
  const terms = { mode: "socket", botToken: SLACK_BOT_TOKEN, appToken: SLACK_APP_TOKEN, apiUrl: SLACK_API_URL, logger };
  Object.assign(adapters, { slack: createSlackAdapter(terms) });
}
const bot = new Chat({ userName: "evergreen", adapters, state: createMemoryState(), logger: "silent" });
const openai = new OpenAI({ maxRetries: 0 });

async function* textOf(question) {
  const messages = [{ role: /** @type {const} */ ("user"), content: question }];
  const stream = await openai.chat.completions.create({ model: "gpt-5", messages, stream: true });
  for await (const chunk of stream) yield chunk.choices[0]?.delta?.content ?? "";
}

bot.onNewMention(async (thread, message) => {
  await thread.post(textOf(message.text)).catch(() => {}); // what is missing shows in the texts
  tell({ answered: message.id });
});
await bot.initialize();
await discord.startGatewayListener({ waitUntil() {} }, 2 ** 31 - 1);
tell("ready");
