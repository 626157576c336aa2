import type { ReceiverEvent } from "@slack/bolt";
import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import type { Log } from "../../../base/log.js";
import { EVENTS_HELD, type Health } from "../wire/health.js";
import { isRateLimitNotice, readDelivery } from "./deliveries.js";

export interface IntakeDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly health: Health;
  /** The workspace of the bot token. */
  readonly teamId: string;
  /** Bolt's door: resolves when the listeners are through. */
  processEvent(event: ReceiverEvent): Promise<void>;
}

export interface Intake {
  /**
   * Takes one delivery to the listeners. An event is acknowledged when what it asks for is stored, so that a crash in
   * between leaves Slack to deliver it again; it is not acknowledged where that failed. Never rejects.
   */
  take(body: unknown, acknowledge: (response?: unknown) => Promise<void>): Promise<void>;
}

/** Slack gives up on an acknowledgement after 3 s, and delivers again. */
const ACKNOWLEDGE_WITHIN_MS = 2_500;

/** Each notice is for one minute. */
const HELD_MS = 60_000;

export function createIntake({ clock, log, health, teamId, processEvent }: IntakeDeps): Intake {
  let heldUntil = 0;
  const noteHeld = () => {
    const isKnown = heldUntil > clock.now();
    heldUntil = clock.now() + HELD_MS;
    health.set("events", EVENTS_HELD);
    if (!isKnown) void waitHeld();
  };
  const waitHeld = async () => {
    while (heldUntil > clock.now()) await clock.sleep(heldUntil - clock.now());
    health.set("events", undefined);
  };
  const takeEvent = async (body: Record<string, unknown>, acknowledge: () => Promise<void>) => {
    const terms = { what: "an event of Slack", timeoutMs: ACKNOWLEDGE_WITHIN_MS, clock };
    await withDeadline(() => processEvent({ body, ack: async () => {} }), terms);
    await acknowledge();
  };
  return {
    async take(body, acknowledge) {
      try {
        const delivery = readDelivery(body, teamId);
        if (delivery === undefined) {
          if (isRateLimitNotice(body)) noteHeld();
          await acknowledge();
        } else if (delivery.kind === "event") await takeEvent(delivery.body, () => acknowledge());
        else await processEvent({ body: delivery.body, ack: async (response) => acknowledge(response) });
      } catch (error) {
        log.warn({ error }, "a delivery of Slack was not acknowledged; Slack repeats it");
      }
    },
  };
}
