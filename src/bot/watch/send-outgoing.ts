import { backoffMs } from "../../base/backoff.js";
import { type Clock, OVER } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { DAY_MS } from "../../base/time.js";
import type { OutgoingMessage, Read, WatchRows } from "../../refresh/watch/watch-rows.js";
import { channelKeyOf } from "../port/conversation.js";
import type { ChatPlatform, MessageKey } from "../port/platform.js";
import { PlatformError } from "../port/platform-error.js";

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
