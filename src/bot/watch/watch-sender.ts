import { randomBytes } from "node:crypto";
import { OVER } from "../../base/clock.js";
import type { AllowedModels } from "../../refresh/choose/allowed-models.js";
import type { Refresher } from "../../refresh/refresher.js";
import type { Settings } from "../../refresh/settings.js";
import { type GatheredChanges, gatherChanges } from "../../refresh/watch/gather-changes.js";
import { fitsWatches } from "../../refresh/watch/watch.js";
import type {
  OutgoingMessage,
  Read,
  WaitingChanges,
  WatchedChannel,
  WatchWork,
} from "../../refresh/watch/watch-rows.js";
import type { Write } from "../../store/store.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import type { HostAccess } from "../access/access.js";
import { channelKeyOf, inLanguageOf, workspaceOf } from "../port/conversation.js";
import { LEASE_MS, resumeOutgoing, type SendOutgoingDeps, STALE_MS, sendOutgoing } from "./send-outgoing.js";
import { watchMessage } from "./watch-message.js";

export interface WatchSenderDeps extends Omit<SendOutgoingDeps, "signal"> {
  readonly refresher: Pick<Refresher, "snapshot">;
  readonly allowed: Pick<AllowedModels, "judge">;
  readonly modelFacts: FindModelFacts;
  readonly access: Pick<HostAccess, "isServed">;
  readonly settings: Pick<Settings, "languageOf">;
}

/** Tells channels what changed on the lists that they watch. */
export interface WatchSender {
  /** Sends what is due; called every 10 s. Never rejects, and a call while one runs joins it. */
  tick(): Promise<void>;
  stop(): void;
}

const HOUR_MS = 3_600_000;
/** How many changes of one list wait by name for a channel: a message names ten, and counts the others. */
const MAX_WAITING = 100;
/** The row of changes that were told less than a day ago. */
const HELD = "held";

/*
 * The life of a change, each step one swap in the store, so that of all replicas one takes it and a kill loses nothing:
 *
 *   1  stored       in one step with the list that brings it (`news-rows.ts`)
 *   2  distribute   goes to every channel with a watch that fits, where it waits for the hour's message
 *   3  begin        what waits becomes an outgoing message, and the hour begins
 *   4  send         posted, then the outgoing message goes; after a kill in between, another process looks for the post
 *                   before it sends it again
 */
export function createWatchSender(given: WatchSenderDeps): WatchSender {
  const stopping = new AbortController();
  const deps: Deps = { ...given, signal: stopping.signal };
  let running: Promise<void> | undefined;
  const run = async () => {
    const found = await deps.watches.work();
    const work = found.news.length === 0 ? found : await distribute(deps, found.news);
    const sending = new Set(work.outgoing.map(({ conversation }) => conversation));
    const idle = [...work.waiting].filter(([conversation]) => !sending.has(conversation));
    await Promise.all([
      ...work.outgoing.map((message) => resumeOutgoing(deps, message)),
      ...idle.map(([conversation, waiting]) => begin(deps, conversation, waiting)),
    ]);
  };
  return {
    async tick() {
      if (stopping.signal.aborted) return;
      running ??= run()
        .catch((error) => deps.log.warn({ error }, "watches could not be served, retrying at the next tick"))
        .finally(() => {
          running = undefined;
        });
      return running;
    },
    stop: () => stopping.abort(OVER),
  };
}

type Deps = WatchSenderDeps & SendOutgoingDeps;
type Waiting = readonly Read<WaitingChanges>[];

/** Step 2. Resolves with what is to be done then. @throws {StoreError} */
async function distribute({ watches }: Deps, news: WatchWork["news"]): Promise<WatchWork> {
  const channels = await watches.channels();
  for (const row of news) {
    const writes: Write[] = [];
    const name = row.key.replaceAll(/[^\w]/g, "-");
    for (const [conversation, channel] of channels) {
      const fitting = row.value.filter((change) => fitsWatches(channel.watches, change));
      const [changes, more] = [fitting.slice(0, MAX_WAITING), Math.max(0, fitting.length - MAX_WAITING)];
      if (changes.length > 0) writes.push(watches.waitingWrite(conversation, name, { changes, more }));
      // Thousands of changes take a while to compare: others get their turn in between.
      if (row.value.length > MAX_WAITING) await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    await watches.swap(row, undefined, writes);
  }
  return watches.work();
}

/** Steps 3 and 4 for one channel, where its hour has come. @throws {StoreError} */
async function begin(deps: Deps, conversation: string, waiting: Waiting): Promise<void> {
  const { watches, clock } = deps;
  const now = clock.now();
  if (waiting.every(({ value }) => (value.notBefore ?? 0) > now)) return;
  const row = await watches.channel(conversation);
  const channel = row.value;
  if (channel === undefined || waiting.every(({ value }) => value.changes.every(({ at }) => at < now - STALE_MS))) {
    for (const each of waiting) await watches.swap(each, undefined);
    return;
  }
  if ((channel.sentAt ?? 0) + HOUR_MS > now || !isOpen(deps, conversation, channel)) return;

  const { more, ...found } = gathered(deps, conversation, channel, waiting);
  const after = { ...channel, told: found.told };
  const writes = takenWrites(deps, conversation, waiting, found);
  if (found.lines.length + more === 0) {
    await watches.swap(row, after, writes);
    return;
  }
  const facts = { snapshot: deps.refresher.snapshot(), modelFacts: deps.modelFacts };
  const { text, controls } = inLanguageOf(deps.settings, channelKeyOf(conversation), () =>
    watchMessage(facts, { lines: found.lines, more, watches: channel.watches }),
  );
  const name = randomBytes(10).toString("hex");
  const value = { name, text, controls, since: now, until: now + LEASE_MS, failures: 0 } as OutgoingMessage;
  const outgoing = watches.outgoingWrite(conversation, value);
  if (!(await watches.swap(row, { ...after, sentAt: now }, [...writes, outgoing]))) return;
  await sendOutgoing(deps, { key: outgoing.key, raw: value, value, conversation }, false);
}

/** Whether the bot is up there and serves the place. */
function isOpen({ platforms, access }: Deps, conversation: string, { isDirect }: WatchedChannel): boolean {
  const place = channelKeyOf(conversation);
  const platform = platforms.find(({ name }) => name === place.platform);
  return platform !== undefined && platform.fault() === undefined && access.isServed(platform, place, isDirect);
}

/** Returns what a message reports of the waiting changes: those that fit a watch and may be used there. */
function gathered(
  { allowed, clock }: Deps,
  conversation: string,
  { watches, told = {} }: WatchedChannel,
  waiting: Waiting,
): GatheredChanges & { readonly more: number } {
  const workspace = workspaceOf(channelKeyOf(conversation));
  const changes = waiting
    .flatMap(({ value }) => value.changes)
    .filter((change) => fitsWatches(watches, change) && allowed.judge(workspace, change).isAllowed);
  const more = waiting.reduce((sum, { value }) => sum + value.more, 0);
  return { ...gatherChanges(changes, told, clock.now()), more };
}

/** Takes away what was gathered; what is held goes on waiting. */
function takenWrites(
  { watches }: Deps,
  conversation: string,
  waiting: Waiting,
  { held, heldUntil }: GatheredChanges,
): readonly Write[] {
  const kept = watches.waitingWrite(
    conversation,
    HELD,
    heldUntil === undefined ? undefined : { changes: [...held], more: 0, notBefore: heldUntil },
  );
  const others = waiting.filter(({ key }) => key !== kept.key);
  return [...others.map(({ key }) => ({ table: "watches", key, value: undefined }) as const), kept];
}
