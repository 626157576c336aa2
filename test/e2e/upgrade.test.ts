import { afterAll, describe, expect, it } from "vitest";
import { type BotProcess, startProcess } from "../support/bot-process.js";
import { type FakeDiscord, startFakeDiscord } from "../support/fake-discord.js";
import { startFakeOpenAi } from "../support/fake-openai.js";
import { eventually, playgroundClient } from "../support/playground-client.js";
import { startPostgres } from "../support/postgres-server.js";
import { startRedis } from "../support/redis-server.js";
import {
  copySqlite,
  type ExpectedStore,
  expectedOf,
  fixtureVersions,
  loadPostgres,
  loadRedis,
  providerVariables,
  type StoreKind,
  seedDiscord,
} from "../support/store-fixtures.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const INTERRUPTED = "⚠️ Interrupted by a restart.";

const folder = temporaryFolder();
const redis = await startRedis();
const postgres = await startPostgres();
afterAll(async () => {
  await Promise.all([redis?.remove(), postgres?.remove()]);
  folder.remove();
});

const stores: readonly (readonly [kind: StoreKind, load: ((version: string) => Promise<string>) | undefined])[] = [
  ["sqlite", async (version) => copySqlite(version, "crashed", folder.path)],
  ["redis", redis && ((version) => loadRedis(version, redis.url).then(() => redis.url))],
  ["postgres", postgres && ((version) => loadPostgres(version, postgres.url).then(() => postgres.url))],
];
const cases = fixtureVersions().flatMap((version) => stores.map(([kind, load]) => ({ version, kind, load })));

describe.each(cases)("the built bot on the $kind store that $version has written", ({ version, kind, load }) => {
  it.skipIf(load === undefined)(
    "shows all that was there, ends what was broken off, and goes on",
    {
      timeout: 90_000,
    },
    async () => {
      const expected = expectedOf(version, kind);
      const discord = await startFakeDiscord({ identifyGapMs: 0 });
      seedDiscord(discord, expected.discord);
      const openai = await startFakeOpenAi({ models: ["gpt-5", "gpt-5-mini"] });
      const environment = {
        ...providerVariables(kind),
        STORE_URL: (await load?.(version)) ?? "",
        RETENTION_DAYS: "0",
        PLAYGROUND: "on",
        DISCORD_TOKEN: discord.token,
        DISCORD_API_URL: discord.url,
      };
      let bot: BotProcess | undefined;
      try {
        bot = await startProcess(folder.path, environment);
        await expectEnds(bot.url, expected, discord);
        await expectShown(bot.url, expected);
        expect(await bot.end("SIGTERM")).toBe(0);

        // The provider's address is another one today: its list is fetched anew, and conversations go on all the same.
        bot = await startProcess(folder.path, { ...environment, OPENAI_BASE_URL: openai.url });
        await expectEnds(bot.url, expected, discord);
        const { answer } = await playgroundClient(bot.url, "general").ask("what did I ask before?");
        expect(answer.text).toContain("You said: what did I ask before?");
        const chat = openai.requests.findLast(({ body }) => body?.messages !== undefined);
        const sent = JSON.stringify(chat?.body?.messages);
        for (const { turn } of turnsOf(expected, "general"))
          expect(sent).toContain(JSON.stringify(turn.answer).slice(1, -1));
      } finally {
        await bot?.end("SIGKILL");
        await Promise.all([discord.close(), openai.close()]);
      }
    },
  );
});

const turnsOf = ({ contents }: ExpectedStore, channel: string) =>
  contents.conversations.find(({ conversation }) => conversation === `playground:local:${channel}`)?.turns ?? [];

const timesIn = (texts: readonly string[]) => texts.join("\n").split(INTERRUPTED).length - 1;

/** Every interrupted question has its mark, and what is said of it stands there once. */
async function expectEnds(url: string, expected: ExpectedStore, discord: FakeDiscord): Promise<void> {
  const keys = expected.interrupted.map((id) => id.split(":"));
  for (const [platform, , channel = "", message = ""] of keys) {
    const marks = async () => {
      if (platform === "discord") {
        const asked = discord.world.channels.get(channel)?.messages.get(message);
        return asked === undefined ? [] : discord.marksOf(asked);
      }
      return (await playgroundClient(url, channel).messages()).find(({ id }) => id === message)?.marks;
    };
    // A recovery whose claim came through though its call timed out is tried again when the claim ends, after 30 s.
    await eventually(`an end of ${message}`, async () => (await marks())?.includes("⚠️") || undefined, 45_000);
  }
  const shown = (await playgroundClient(url, "interrupted").messages()).map(({ text }) => text);
  expect(timesIn(shown)).toBe(keys.filter(([platform]) => platform === "playground").length);
  const onDiscord = [...discord.world.channels.values()].flatMap((channel) =>
    [...channel.messages.values()].map(({ content }) => content),
  );
  expect(timesIn(onDiscord)).toBe(keys.filter(([platform]) => platform === "discord").length);
  expect(onDiscord.some((text) => text.includes("Half of an answer on Discord 🌿"))).toBe(true);
}

/** Rooms, messages, pins, conversations, lists and settings are what they were. */
async function expectShown(url: string, { contents }: ExpectedStore): Promise<void> {
  const { channels } = (await (await fetch(`${url}/api/channels`)).json()) as {
    channels: readonly { readonly id: string; readonly name: string }[];
  };
  expect(channels).toMatchObject(contents.playground.map(({ id, name }) => ({ id, name })));
  for (const { id, messages } of contents.playground) {
    if (id === "board" || id === "interrupted") continue;
    const shown = await playgroundClient(url, id).messages();
    expect(shown.map(({ text }) => text)).toEqual(messages.map(({ text }) => text));
    expect(shown.map(({ marks }) => marks)).toEqual(
      messages.map(({ mark, reactions }) => (mark === null ? reactions : [mark, ...reactions])),
    );
  }
  for (const { conversation, session } of contents.conversations) {
    const [platform, , channel = ""] = conversation.split(":");
    if (platform !== "playground" || session.pin === null) continue;
    const text = await (await fetch(`${url}/api/channels/${channel}/model`)).text();
    expect(text).toContain(`${session.pin.provider}/${session.pin.model}`);
    await expectExported(url, channel, contents);
  }
  const stored = Object.entries(contents.lists).flatMap(([provider, { rows }]) =>
    rows.filter(({ model }) => model.isChat).map(({ model, state }) => ({ provider, id: model.id, state })),
  );
  const { models } = await playgroundClient(url).models();
  expect(models.map(({ provider, id, state }) => ({ provider, id, state }))).toEqual(stored);
  const { interval } = contents.settings["playground:local"] ?? {};
  expect((await playgroundClient(url).status()).autoRefresh.intervalSeconds).toBe(Number(interval) * 60);
}

/** What `/chat export` gives holds every turn. */
async function expectExported(url: string, channel: string, contents: ExpectedStore["contents"]): Promise<void> {
  const turns = contents.conversations.find(
    ({ conversation }) => conversation === `playground:local:${channel}`,
  )?.turns;
  if (turns === undefined || turns.length === 0) return;
  const reply = await playgroundClient(url, channel).command("/chat export", ({ files }) => files !== undefined);
  const files = reply.files as readonly { readonly name: string; readonly base64: string }[];
  const text = Buffer.from(files.find(({ name }) => name.endsWith(".json"))?.base64 ?? "", "base64").toString();
  for (const { turn } of turns) {
    for (const said of [turn.question.text, turn.answer]) expect(text).toContain(JSON.stringify(said).slice(1, -1));
  }
}
