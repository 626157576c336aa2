import { randomBytes } from "node:crypto";
import { type Clock, OVER } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { backoffMs } from "../../base/retry.js";
import { DAY_MS } from "../../base/time.js";
import type { AllowedModels } from "../../refresh/choose/allowed-models.js";
import type { Refresher } from "../../refresh/refresher.js";
import type { Settings } from "../../refresh/settings.js";
import { type GatheredChanges, gatherChanges } from "../../refresh/watch/gather-changes.js";
import {
  fitsWatches,
  type OutgoingMessage,
  type Read,
  type WaitingChanges,
  type WatchedChannel,
  type WatchRows,
  type WatchWork,
} from "../../refresh/watch/watch-rows.js";
import type { Write } from "../../store/store.js";
import type { FindModelFacts } from "../../usage/model-facts.js";
import type { HostAccess } from "../access/access.js";
import { channelKeyOf, inLanguageOf, workspaceOf } from "../port/conversation.js";
import type { ChatPlatform, MessageKey } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";
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
 *   1  stored       in one step with the list that brings it (`catalog-rows.ts`)
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

export interface SendOutgoingDeps {
  readonly watches: WatchRows;
  readonly platforms: readonly ChatPlatform[];
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts at the shutdown. */
  readonly signal: AbortSignal;
}

export type Outgoing = Read<OutgoingMessage> & { readonly conversation: string };

/** How long a message is one process's to send. */
export const LEASE_MS = 60_000;
/** What still waits for the platform's rate limit then is called off, and sent again when the lease has ended. */
const SEND_MS = 45_000;
/** Messages whose controls still work: two days of them. */
const MAX_MESSAGES = 50;
const PAUSES = { firstMs: LEASE_MS, maxMs: 3_600_000 };

/** What could not be told for that long, because its platform is off, is told no more. */
export const STALE_MS = 7 * DAY_MS;

/** Takes over a message whose process has ended or failed to send it. @throws {StoreError} */
export async function resumeOutgoing(deps: SendOutgoingDeps, row: Outgoing): Promise<void> {
  const now = deps.clock.now();
  if (row.value.until > now) return;
  // Muted meanwhile, or too old to be worth reading.
  const { value: channel } = await deps.watches.channel(row.conversation);
  if (channel === undefined || row.value.since < now - STALE_MS) return void (await deps.watches.swap(row, undefined));
  const value = { ...row.value, until: now + LEASE_MS };
  if (await deps.watches.swap(row, value)) await sendOutgoing(deps, { ...row, raw: value, value }, true);
}

/**
 * Posts a message and forgets it. `isAgain`: an earlier attempt may have arrived, and is looked for first. A channel
 * that is gone is watched no more. @throws {StoreError}
 */
export async function sendOutgoing(deps: SendOutgoingDeps, row: Outgoing, isAgain: boolean): Promise<void> {
  const { watches, platforms, clock, log, signal } = deps;
  const { conversation, value } = row;
  const place = channelKeyOf(conversation);
  const platform = platforms.find(({ name }) => name === place.platform);
  const over = new AbortController();
  clock.sleep(SEND_MS, AbortSignal.any([signal, over.signal])).then(
    () => over.abort(OVER),
    () => {}, // it is sent, or the bot stops
  );
  let posted: MessageKey;
  try {
    if (platform === undefined || platform.fault() !== undefined)
      throw new PlatformError(place.platform, "unavailable", `${place.platform} is not up`);
    posted = await platform.post(
      place,
      { markdown: value.text, controls: value.controls },
      {
        rank: "board",
        isSilent: true,
        once: { name: value.name, ...(isAgain && { triedSince: value.since }) },
        signal: AbortSignal.any([signal, over.signal]),
      },
    );
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof PlatformError && error.reason === "gone") {
      log.info({ conversation }, "a watched channel is gone, its watches are dropped");
      await watches.change(conversation, () => undefined);
      await watches.swap(row, undefined);
      return;
    }
    const failures = value.failures + 1;
    log.warn({ error, conversation, failures }, "a watch's message was not sent, retrying later");
    await watches.swap(row, { ...value, failures, until: clock.now() + backoffMs(failures, PAUSES) });
    return;
  } finally {
    over.abort(OVER);
  }
  const at = clock.now();
  await watches.change(
    conversation,
    (before) =>
      before && {
        ...before,
        // The hour counts from when people saw it.
        ...(at - value.since > LEASE_MS && { sentAt: at }),
        messages: [...(before.messages ?? []), posted.message].slice(-MAX_MESSAGES),
      },
  );
  await watches.swap(row, undefined);
}
