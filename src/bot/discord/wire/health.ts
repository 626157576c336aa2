import { GatewayCloseCodes } from "discord-api-types/v10";
import { discordStatusOf } from "./answer.js";

const PORTAL = "https://discord.com/developers/applications";

/** Said where Discord does not take the token. */
export const TOKEN_HINT = [
  "Discord refuses DISCORD_TOKEN: set the token that",
  `${PORTAL} → your application → Bot → Reset Token shows`,
].join(" ");
/** Said where the privileged intent is wanted and not allowed. */
export const INTENTS_HINT = [
  "Discord does not allow the Message Content intent, which FOLLOW_THREADS needs: switch it on at",
  `${PORTAL} → your application → Bot → Privileged Gateway Intents, or unset FOLLOW_THREADS`,
].join(" ");

/** Connections that Discord ends for good; it would end the next one too. */
const FINAL_CLOSES: Readonly<Record<number, string>> = {
  [GatewayCloseCodes.AuthenticationFailed]: TOKEN_HINT,
  [GatewayCloseCodes.InvalidShard]: "Discord refuses the shard that was asked for (4010)",
  [GatewayCloseCodes.ShardingRequired]:
    "Discord wants more shards for this bot (4011): set DISCORD_SHARDS to a larger number, or unset it",
  [GatewayCloseCodes.InvalidAPIVersion]: "Discord no longer serves this version of its API (4012): update the bot",
  [GatewayCloseCodes.InvalidIntents]: "Discord does not know the intents that were asked for (4013): update the bot",
  [GatewayCloseCodes.DisallowedIntents]: INTENTS_HINT,
};

/** Why a connection must not be tried again, and how to fix it; undefined where another try may do. */
export const refusalOfClose = (code: number): string | undefined => FINAL_CLOSES[code];

/** Why the bot must not connect, by what asking for the gateway's address threw; undefined where another try may do. */
export const refusalOfLogin = (error: unknown): string | undefined =>
  discordStatusOf(error) === 401 ? TOKEN_HINT : undefined;

/** How long a lost connection is nothing to report: a resume takes about a second. */
export const LOST_GRACE_MS = 15_000;

export type GatewayState =
  | { readonly kind: "connecting" }
  | { readonly kind: "ready" }
  | { readonly kind: "lost"; readonly since: number }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "stopped" };

export type GatewayEvent =
  | { readonly kind: "ready" }
  | { readonly kind: "resumed" }
  | { readonly kind: "closed"; readonly code: number; readonly at: number }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "stopped" };

/** Returns the state of the connection after an event; refused and stopped are final. */
export function nextGatewayState(state: GatewayState, event: GatewayEvent): GatewayState {
  if (event.kind === "stopped") return { kind: "stopped" };
  if (state.kind === "refused" || state.kind === "stopped") return state;
  if (event.kind !== "closed") {
    if (event.kind === "refused") return event;
    return event.kind === "ready" || state.kind === "lost" ? { kind: "ready" } : state;
  }
  const why = refusalOfClose(event.code);
  if (why !== undefined) return { kind: "refused", why };
  return state.kind === "ready" ? { kind: "lost", since: event.at } : state;
}

/** What readiness says of all shards; undefined when all is well. */
export const faultOfAll = (states: readonly GatewayState[], now: number): string | undefined =>
  states.flatMap((state) => faultOf(state, now) ?? [])[0];

/** What readiness says of one shard. */
export function faultOf(state: GatewayState, now: number): string | undefined {
  switch (state.kind) {
    case "connecting":
      return "Discord: still connecting";
    case "ready":
      return undefined;
    case "lost":
      return now - state.since < LOST_GRACE_MS ? undefined : "Discord: the connection was lost; reconnecting";
    case "refused":
      return `Discord: ${state.why}`;
    case "stopped":
      return "Discord: stopped";
  }
}
