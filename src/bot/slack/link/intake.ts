import type { ReceiverEvent } from "@slack/bolt";
import { z } from "zod";
import { BoundedSet } from "../../../base/bounded-map.js";
import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import type { Log } from "../../../base/log.js";
import { isResponseAddress } from "../wire/addresses.js";
import { EVENTS_HELD, type Health } from "../wire/health.js";
import type { Identity } from "../wire/identity.js";
import { optionalText } from "../wire/notation.js";

export interface DeliveryIntakeDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly health: Health;
  /** Whose the bot token is. */
  readonly identity: Pick<Identity, "teamId" | "enterpriseId" | "botUserId">;
  /** Called once for each other team whose deliveries come in. */
  onStrangeTeam(team: string): void;
  /** Called when Slack sends events again after it has held some back. */
  onGap(): void;
  /** Base address of a stand-in for Slack. */
  readonly apiUrl: string | undefined;
  /** Hands a delivery to Bolt; resolves when its listeners have. */
  processEvent(event: ReceiverEvent): Promise<void>;
}

export interface Intake {
  /**
   * Takes one delivery to the listeners. An event is acknowledged once it is stored: after a crash in between, or a
   * failure, Slack delivers it again. Never rejects.
   */
  take(body: unknown, acknowledge: (response?: unknown) => Promise<void>): Promise<void>;
}

/** Slack waits 3 s for an acknowledgement, then delivers again. */
const ACKNOWLEDGE_WITHIN_MS = 2_500;
const MAX_STRANGE_TEAMS = 1_000;
/** Each `app_rate_limited` notice is for one minute. */
const HELD_MS = 60_000;

export function createIntake(deps: DeliveryIntakeDeps): Intake {
  const { clock, log, health, identity, apiUrl, onGap, processEvent, onStrangeTeam } = deps;
  const strangeTeams = new BoundedSet<string>(MAX_STRANGE_TEAMS);
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
    onGap();
  };
  const takeEvent = async (body: Record<string, unknown>, acknowledge: () => Promise<void>) => {
    const terms = { what: "an event of Slack", timeoutMs: ACKNOWLEDGE_WITHIN_MS, clock };
    await withDeadline(() => processEvent({ body, ack: async () => {} }), terms);
    await acknowledge();
  };
  return {
    async take(body, acknowledge) {
      try {
        const stranger = strangeTeamOf(body, identity);
        const delivery = stranger === undefined ? readDelivery(body, identity.teamId) : undefined;
        if (stranger !== undefined && !strangeTeams.has(stranger)) {
          strangeTeams.add(stranger);
          onStrangeTeam(stranger);
        }
        if (delivery === undefined) {
          if (stranger === undefined && isRateLimitNotice(body)) noteHeld();
          await acknowledge();
        } else if (delivery.kind === "event") await takeEvent(delivery.body, () => acknowledge());
        else
          await processEvent({
            body: withSafeResponse(delivery.body, apiUrl),
            ack: async (response) => acknowledge(response),
          });
      } catch (error) {
        log.warn({ error }, "slack: delivery not acknowledged, Slack will retry");
      }
    },
  };
}

const installationSchema = z.looseObject({ team_id: optionalText, enterprise_id: optionalText });
const ownerSchema = z.looseObject({
  type: optionalText,
  team_id: optionalText,
  enterprise_id: optionalText,
  team: z.looseObject({ id: optionalText }).nullish().catch(undefined),
  enterprise: z.looseObject({ id: optionalText }).nullish().catch(undefined),
  authorizations: z.array(installationSchema).nullish().catch(undefined),
  view: z.looseObject({ app_installed_team_id: optionalText }).nullish().catch(undefined),
  message: z.looseObject({ user: optionalText }).nullish().catch(undefined),
});

/**
 * Returns the team that a delivery is for where that is not the token's own; undefined where it is, or nothing says.
 * In a channel of Slack Connect the team of a delivery may be that of whoever acted: an event is for those whom Slack
 * names as authorized, what is pressed on a view for where its app is installed, and a message of our own is ours. On
 * Enterprise Grid an installation may be the organization's.
 */
export function strangeTeamOf(
  body: unknown,
  own: Pick<Identity, "teamId" | "enterpriseId" | "botUserId">,
): string | undefined {
  const { data } = ownerSchema.safeParse(body);
  if (data === undefined) return undefined;
  const isPress = data.type === "block_actions" || data.type === "block_suggestion";
  if (isPress && data.message?.user === own.botUserId) return undefined;
  const { authorizations, team, enterprise, team_id = team?.id, enterprise_id = enterprise?.id } = data;
  const named = authorizations?.length
    ? authorizations
    : [{ team_id: data.view?.app_installed_team_id ?? team_id, enterprise_id }];
  const isOurs = named.some(
    (one) =>
      one.team_id === own.teamId ||
      (own.enterpriseId !== undefined && one.enterprise_id === own.enterpriseId) ||
      (one.team_id === undefined && one.enterprise_id === undefined),
  );
  return isOurs ? undefined : (named[0]?.team_id ?? named[0]?.enterprise_id);
}

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

/** A delivery that Bolt can read: Bolt takes the shape of everything that it is given for granted. */
export interface Delivery {
  readonly kind: "event" | "command" | "interaction";
  readonly body: Record<string, unknown>;
}

/**
 * Checks a delivery before the SDK reads it. Returns undefined for one that the bot has no use for, which is
 * acknowledged and dropped. One without a workspace counts as from `teamId`.
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
    // Bolt expects an object when the field exists.
    return { kind: "interaction", body: plain.channel == null ? withoutStrangers(plain, "channel") : plain };
  }
  return undefined;
}

/** `strangers`: fields by which Bolt would take the interaction for another kind. */
const INTERACTIONS = [
  { schema: actionSchema, strangers: ["name"] },
  { schema: suggestionSchema, strangers: ["actions"] },
  { schema: shortcutSchema, strangers: ["name", "actions"] },
] as const;

/** True for the notice, in place of an event, that Slack holds back a workspace's events for a minute. */
export const isRateLimitNotice = (body: unknown): boolean =>
  z.looseObject({ type: z.literal("app_rate_limited") }).safeParse(body).success;

/** Bolt expects objects or ids in these fields when they exist. */
const isPlain = (event: Record<string, unknown>) =>
  ["channel", "item", "user", "message", "assistant_thread", "subteam"].every(
    (field) => event[field] !== null && ["undefined", "string", "object"].includes(typeof event[field]),
  );

/** Returns the body without fields that make Bolt take it for something else, or for another installation. */
function withoutStrangers(body: Record<string, unknown>, ...fields: readonly string[]): Record<string, unknown> {
  const { response_urls: _urls, ...rest } = body;
  return Object.fromEntries(Object.entries(rest).filter(([field]) => !fields.includes(field)));
}

/** Removes a `response_url` that is not Slack's; replies then go through the API. */
const withSafeResponse = (body: Record<string, unknown>, apiUrl: string | undefined) =>
  typeof body.response_url === "string" && isResponseAddress(body.response_url, apiUrl)
    ? body
    : withoutStrangers(body, "response_url");
