import { describe, expect, it } from "vitest";
import type { ChannelKey } from "../../src/bot/port/platform.js";
import type { Invocation } from "../../src/commands/command.js";
import type { ChatRequest } from "../../src/providers/provider.js";
import { settle } from "../support/fake-clock.js";
import { calm, canaries, canaryWorld, dice, parrot, type Replica } from "./canary-world.js";

const MESSAGES = process.env.SOAK ? 10_000 : 500;
const SEED = Number(process.env.SEED ?? 20_260_105);
const PEOPLE = ["ada", "ben", "cleo", "dan", "eve", "fay"];
/** As the contract has it, not as the bot makes it. */
const keyOf = ({ platform, workspace, channel, thread }: ChannelKey): string =>
  [platform, workspace, channel, thread].filter((part) => part !== undefined).join(":");
const channelOf = ({ thread: _none, ...channel }: ChannelKey): string => keyOf(channel);

/** What is done between two calms. */
const AT_ONCE = 25;

/** Fifty: on two platforms, in two workspaces each, in channels and threads whose names begin alike. */
const PLACES: readonly ChannelKey[] = ["alpha", "beta"]
  .flatMap((platform) =>
    ["w1", "w11"].flatMap((workspace) =>
      ["c1", "c11", "c111"].flatMap((channel): ChannelKey[] => {
        const place = { platform, workspace, channel };
        const threads = channel === "c111" ? ["1", "11"] : ["1", "11", "111"];
        return [place, ...threads.map((thread) => ({ ...place, thread }))];
      }),
    ),
  )
  .concat(
    ["alpha", "beta"].flatMap((platform) =>
      ["d1", "d11", "d111"].map((channel) => ({ platform, workspace: "dm", channel })),
    ),
  );

describe("fifty conversations at once", () => {
  it(`never let a word of one into another's prompt or answers, over ${MESSAGES} messages (seed ${SEED})`, {
    timeout: 20_000 + MESSAGES * 60,
  }, async () => {
    expect(PLACES).toHaveLength(50);
    const roll = dice(SEED);
    const words = canaries();
    const leaks: string[] = [];
    const seen = { prompts: 0, withHistory: 0, retries: 0, threads: 0, forgotten: 0, fresh: 0, kills: 0, stops: 0 };
    const onRequest = (request: ChatRequest, conversation: string) => {
      const prompt = JSON.stringify(request);
      seen.prompts += 1;
      if (words.in(prompt).length > 2) seen.withHistory += 1;
      for (const word of words.notForPrompt(prompt, conversation)) {
        leaks.push(`${word} of ${words.ownerOf(word)} in a prompt of ${conversation}`);
      }
    };
    const world = canaryWorld({
      providers: (clock) => ["one", "two"].map((id) => parrot(id, { clock, words, roll, onRequest })),
    });
    const { clock, platforms } = world;
    let replicas: Replica[] = [world.start(), world.start()];
    const places = [...PLACES];
    const anyReplica = () => roll.pick(replicas);

    const invocationAt = (place: ChannelKey): Invocation => {
      const id = roll.pick(PEOPLE);
      return {
        platform: place.platform,
        workspace: `${place.platform}:${place.workspace}`,
        conversation: keyOf(place),
        user: { id, name: id },
        isOperator: true,
        isDirect: false,
        isGuest: false,
        isInGroup: async () => false,
        canShowFiles: false,
      };
    };
    const ask = async (place: ChannelKey) => {
      const platform = platforms.find(({ name }) => name === place.platform);
      if (platform === undefined) throw new Error("there is no such platform");
      const conversation = keyOf(place);
      const quote = roll.chance(0.1) ? { author: "gil", text: `earlier ${words.hatch(conversation)}` } : undefined;
      const said = platform.mention(`${roll.pick(["hello", "and", "so"])} ${words.hatch(conversation)}`, {
        author: roll.pick(PEOPLE),
      });
      const mention = { ...said, ...(quote && { quote }), message: { ...place, message: said.message.message } };
      // Every replica may get the event, and one may get it twice.
      const takers = roll.chance(0.5) ? replicas : [anyReplica()];
      await Promise.all(takers.map(({ chat }) => chat.onMention(platform, mention)));
    };
    const retry = async (place: ChannelKey) => {
      const last = await anyReplica().sessions.lastTurn(keyOf(place));
      const word = words.in(last?.turn.question.text ?? "").at(-1);
      // What went on in a thread is asked again only there, so that it is known whose prompt it is in.
      if (word !== undefined && words.ownerOf(word) !== keyOf(place)) return;
      const model = roll.chance(0.5) ? { provider: roll.pick(["one", "two"]), model: "m1" } : undefined;
      const { kind } = await anyReplica().chat.control.retry(invocationAt(place), model);
      if (kind === "started" || kind === "waiting") seen.retries += 1;
    };
    const openThread = async (place: ChannelKey) => {
      if (place.thread !== undefined || place.workspace === "dm" || places.length > 80) return;
      const { sessions, chat } = anyReplica();
      const conversation = keyOf(place);
      const last = await sessions.lastTurn(conversation);
      const { system } = await sessions.get(conversation);
      await chat.control.openThread(invocationAt(place));
      seen.threads += 1;
      const opened = { ...place, thread: `t${seen.threads}` };
      places.push(opened);
      // It goes on from the last turn, and from nothing else.
      for (const word of words.in(JSON.stringify([last?.turn ?? "", system]))) {
        words.share(word, keyOf(opened));
      }
      for (const word of words.in(last?.turn.question.text ?? "")) words.move(word, keyOf(opened));
    };
    const forget = async (place: ChannelKey) => {
      await anyReplica().chat.control.forget(keyOf(place));
      words.retire(keyOf(place));
      seen.forgotten += 1;
      // A thread that begins anew is told what its channel is told.
      const { system } = await anyReplica().sessions.get(channelOf(place));
      for (const word of words.in(system ?? "")) words.share(word, keyOf(place));
    };
    const startOver = async (place: ChannelKey) => {
      const conversation = keyOf(place);
      const { system } = await anyReplica().sessions.startOver(conversation);
      words.retire(conversation);
      for (const word of words.in(system ?? "")) words.share(word, conversation);
      seen.fresh += 1;
    };
    const setSystem = async (place: ChannelKey) => {
      const conversation = keyOf(place);
      const word = words.hatch(conversation);
      await anyReplica().sessions.change(conversation, (before) => ({ ...before, system: `Be ${word}.` }));
      // A thread that begins later takes it over.
      for (const other of places) {
        if (place.thread === undefined && channelOf(other) === conversation) words.share(word, keyOf(other));
      }
    };
    const stop = async (place: ChannelKey) => {
      const by = { id: "root", isOperator: true };
      if ((await anyReplica().chat.control.stop(keyOf(place), by)) === "stopped") seen.stops += 1;
    };
    const killOne = async () => {
      const [victim, ...others] = roll.chance(0.5) ? replicas : replicas.toReversed();
      victim?.kill();
      seen.kills += 1;
      replicas = [...others, world.start()];
      await settle();
      await replicas.at(-1)?.recover();
      await clock.advance(31_000); // what it held is free by then
    };

    for (let said = 0; said < MESSAGES; ) {
      const quiet = new Set<ChannelKey>();
      for (let count = 0; count < 3; count++) {
        const place = roll.pick(places);
        if (quiet.has(place)) continue;
        quiet.add(place);
        await roll.pick([forget, startOver, openThread, setSystem, startOver])(place);
      }
      const busy = Array.from({ length: AT_ONCE }, () => roll.pick(places));
      await Promise.all(
        busy.map(async (place) => {
          if (roll.chance(0.15)) return retry(place);
          said += 1;
          await ask(place);
        }),
      );
      await clock.advance(roll.below(1_500));
      await stop(roll.pick(busy));
      if (roll.chance(0.25)) await killOne();
      await calm(clock, replicas);
    }

    expect(leaks).toEqual([]);
    for (const { key, text } of platforms.flatMap(({ answers }) => answers)) {
      expect(words.strangers(text, keyOf(key)), `an answer in ${keyOf(key)}`).toEqual([]);
    }
    for (const place of places) {
      const kept = JSON.stringify(await replicas[0]?.sessions.allTurns(keyOf(place)));
      expect(words.strangers(kept, keyOf(place)), `what is kept of ${keyOf(place)}`).toEqual([]);
    }
    // It did what it is there for.
    expect(seen.prompts).toBeGreaterThan(MESSAGES * 0.7);
    expect(seen.withHistory).toBeGreaterThan(MESSAGES * 0.2);
    expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
  });
});
