/** https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
const TOKEN_REFUSED = 4004;
const INTENTS_REFUSED = 4014;
const PORTAL = "https://discord.com/developers/applications";

/** What is said where Discord does not take the token. */
export const TOKEN_MEND = `Discord refuses DISCORD_TOKEN: set the token that ${PORTAL} → your application → Bot → Reset Token shows`;
/** What is said where the privileged intent is wanted and not allowed. */
export const INTENTS_MEND = `Discord does not allow the Message Content intent, which FOLLOW_THREADS needs: switch it on at ${PORTAL} → your application → Bot → Privileged Gateway Intents, or unset FOLLOW_THREADS`;

/** Connections that Discord ends for good; it would end the next one too. */
const FINAL_CODES: Readonly<Record<number, string>> = {
  [TOKEN_REFUSED]: TOKEN_MEND,
  4010: "Discord refuses the shard that was asked for (4010)",
  4011: "Discord wants more shards for this bot (4011)",
  4012: "Discord no longer serves this version of its API (4012): update the bot",
  4013: "Discord does not know the intents that were asked for (4013): update the bot",
  [INTENTS_REFUSED]: INTENTS_MEND,
};

/** Why a connection must not be tried again, with the mend; undefined where another try may do. */
export const refusalOfClose = (code: number): string | undefined => FINAL_CODES[code];

/** The same for what `login` threw: the SDK tells by texts what it was told by codes. */
export function refusalOfLogin(error: unknown): string | undefined {
  const { code, status, message } = Object(error) as { code?: unknown; status?: unknown; message?: unknown };
  if (code === "TokenInvalid" || status === 401 || message === "Authentication failed") return TOKEN_MEND;
  return message === "Used disallowed intents" ? INTENTS_MEND : undefined;
}

/** How long a lost connection is nothing to report: a resume takes about a second. */
export const LOST_GRACE_MS = 15_000;

export type GatewayState =
  | { readonly kind: "connecting" }
  | { readonly kind: "ready" }
  | { readonly kind: "lost"; readonly since: number }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "stopped" };

/** What readiness says; undefined when all is well. */
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
