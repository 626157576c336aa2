import type { ReceiverEvent } from "@slack/bolt";
import { z } from "zod";
import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import type { Log } from "../../../base/log.js";
import { EVENTS_HELD, type Health } from "../wire/health.js";
import { optionalText } from "../wire/notation.js";

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

/** What Slack delivers, by either transport, as far as Bolt may see it. */
const eventSchema = z.looseObject({
  type: z.literal("event_callback"),
  team_id: optionalText,
  event: z.looseObject({ type: z.string() }),
});
const commandSchema = z.looseObject({
  command: z.string(),
  team_id: optionalText,
  user_id: z.string(),
  channel_id: z.string(),
});
const by = {
  team: z.looseObject({ id: z.string() }).nullish(),
  user: z.looseObject({ id: z.string() }),
};
const actionSchema = z.looseObject({
  type: z.literal("block_actions"),
  ...by,
  actions: z.tuple([z.looseObject({ type: z.string(), action_id: z.string() })]).rest(z.unknown()),
});
const suggestionSchema = z.looseObject({
  type: z.literal("block_suggestion"),
  ...by,
  action_id: z.string(),
  value: z.string().nullish(),
});
const shortcutSchema = z.looseObject({
  type: z.literal("message_action"),
  ...by,
  callback_id: z.string(),
  channel: z.looseObject({ id: z.string() }),
});
const authorizationsSchema = z.looseObject({
  authorizations: z.array(z.looseObject({ team_id: z.string().nullish() })).nullish(),
});

/** Only what the bot has a use for, in its own shape; everything else would meet code that takes its shape for granted. */
export type Delivery =
  | { readonly kind: "event"; readonly body: Record<string, unknown> }
  | { readonly kind: "command" | "interaction"; readonly body: Record<string, unknown> };

/**
 * Judges a delivery before the SDK does; undefined for what is none of ours, which is acknowledged and dropped. An event
 * that does not say where it comes from, is taken for one of `teamId`.
 */
export function readDelivery(body: unknown, teamId: string): Delivery | undefined {
  const event = eventSchema.safeParse(body);
  if (event.success) {
    const isWhole = authorizationsSchema.safeParse(body).success && isPlain(event.data.event);
    const team = event.data.team_id ?? teamId;
    return isWhole ? { kind: "event", body: withoutStrangers({ ...event.data, team_id: team }) } : undefined;
  }
  const command = commandSchema.safeParse(body);
  if (command.success) {
    const team = command.data.team_id ?? teamId;
    return { kind: "command", body: withoutStrangers({ ...command.data, team_id: team }, "event") };
  }
  for (const { schema, strangers } of INTERACTIONS) {
    const { data } = schema.safeParse(body);
    if (data === undefined) continue;
    const plain = withoutStrangers({ ...data, team: data.team ?? { id: teamId } }, "event", "command", ...strangers);
    // Bolt reads it as an object wherever it is there at all.
    return { kind: "interaction", body: plain.channel == null ? withoutStrangers(plain, "channel") : plain };
  }
  return undefined;
}

/** Each with the fields by which Bolt would take it for another kind. */
const INTERACTIONS = [
  { schema: actionSchema, strangers: ["name"] },
  { schema: suggestionSchema, strangers: ["actions"] },
  { schema: shortcutSchema, strangers: ["name", "actions"] },
] as const;

/** An events_api envelope may say this instead of an event: Slack holds back events of a workspace for a minute. */
export const isRateLimitNotice = (body: unknown): boolean =>
  z.looseObject({ type: z.literal("app_rate_limited") }).safeParse(body).success;

/** Bolt reads these as objects where they are there at all. */
const isPlain = (event: Record<string, unknown>) =>
  ["channel", "item", "user", "message", "assistant_thread", "subteam"].every(
    (field) => event[field] !== null && ["undefined", "string", "object"].includes(typeof event[field]),
  );

/** Without the fields that would make Bolt take it for something else, or for an installation we do not have. */
function withoutStrangers(body: Record<string, unknown>, ...fields: readonly string[]): Record<string, unknown> {
  const { response_urls: _urls, ...rest } = body;
  return Object.fromEntries(Object.entries(rest).filter(([field]) => !fields.includes(field)));
}
