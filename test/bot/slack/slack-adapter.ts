import { createLog } from "../../../src/base/log.js";
import { createAccess } from "../../../src/bot/access/access.js";
import { createReceipt } from "../../../src/bot/platform-handlers.js";
import type { ChannelKey, CommandCall, Mention } from "../../../src/bot/port/platform.js";
import { createSlack } from "../../../src/bot/slack/create-slack.js";
import type { Reply } from "../../../src/commands/command.js";
import { ENGLISH_ONLY } from "../../../src/languages/languages.js";
import { fakeClock, settle } from "../../support/fake-clock.js";
import { APP_TOKEN, BOT_TOKEN, type FakeSlackOptions, startFakeSlack } from "../../support/fake-slack.js";
import { memoryStore } from "../../support/memory-store.js";
import { eventually } from "../../support/playground-client.js";
import { appOf, commands } from "./slack-support.js";

export type SlackAdapter = Awaited<ReturnType<typeof startAdapter>>;

/** The adapter alone, with handlers that keep what they are given. */
export async function startAdapter(
  options: Partial<FakeSlackOptions> = {},
  { followThreads = false }: { readonly followThreads?: boolean } = {},
) {
  const clock = fakeClock();
  const slack = await startFakeSlack({ now: clock.now, ...appOf(), ...options });
  const lines: string[] = [];
  const log = createLog({ level: "debug", secrets: [], destination: { write: (line) => void lines.push(line) } });
  const mentions: Mention[] = [];
  const calls: CommandCall[] = [];
  const models: string[] = [];
  let focuses = 0;
  let gaps = 0;
  let reply: Reply = { markdown: "done" };
  const handlers = {
    onMention: async (mention: Mention) => void mentions.push(mention),
    async *onCommand(call: CommandCall) {
      calls.push(call);
      yield reply;
    },
    onReaction: async () => {},
    onSuggest: (_call: CommandCall, option: string, typed: string) =>
      models.filter((model) => option === "model" && model.includes(typed)).map((value) => ({ label: value, value })),
    onFocus() {
      focuses += 1;
    },
    inLanguageOf: <T>(_place: unknown, work: () => T) => work(),
    onGap() {
      gaps += 1;
    },
  };
  const access = { followThreads, allowedWorkspaces: [], allowDms: true, operators: [] };
  const store = memoryStore(clock.now);
  const platform = createSlack({
    config: { access, http: { host: "127.0.0.1", port: 0, token: undefined, allowedHosts: [], metricsPublic: false } },
    slack: {
      botToken: BOT_TOKEN,
      appToken: APP_TOKEN,
      signingSecret: undefined,
      host: "127.0.0.1",
      port: 0,
      apiUrl: slack.apiUrl,
      commandPrefix: "",
    },
    store,
    owner: "me",
    clock,
    log,
    languages: ENGLISH_ONLY,
    commands,
    status: () => {
      throw new Error("never asked");
    },
    replicas: () => 1,
    onStatusChange: () => () => {},
    modelOf: async () => ({ model: null, pin: null }),
    lastAnswer: async () => undefined,
    forget: async () => {},
  });
  const receipt = createReceipt(platform, { access: createAccess(access, { surfaces: [], clock, log }), store, log });
  await platform.start({ ...handlers, ...receipt });
  await eventually("a connection", () => slack.sockets.open() > 0);
  return {
    slack,
    platform,
    clock,
    mentions,
    calls,
    lines,
    log,
    /** What is suggested where a model is asked for. */
    models,
    focuses: () => focuses,
    /** Times that events may have been missed. */
    gaps: () => gaps,
    async readMissed(place: ChannelKey, since: number) {
      const found = [];
      for await (const some of platform.readMissed(place, since, new AbortController().signal)) found.push(...some);
      return found;
    },
    replyWith: (next: Reply) => {
      reply = next;
    },
    async until<T>(what: string, read: () => T | undefined | false): Promise<T> {
      return eventually(what, async () => {
        const found = read();
        if (found !== undefined && found !== false) return found as T;
        await clock.advance(100);
        return undefined;
      });
    },
    async close() {
      const stopped = platform.stop();
      await settle();
      await clock.advance(15_000);
      await stopped;
      await slack.close();
    },
  };
}
