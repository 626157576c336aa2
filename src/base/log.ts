import { type DestinationStream, type Logger, pino, stdSerializers } from "pino";
import { readableStack } from "./source-maps.js";

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

/** What looks like a key or token of the services we know, wherever it stands in a text. */
const SECRET_SHAPES = new RegExp(
  [
    /\b(?:sk-[\w-]{8,}|xox[abeprs]-[\w-]{8,}|xapp-[\w-]{8,}|gsk_\w{8,}|xai-[\w-]{8,}|AIza[\w-]{20,})/,
    // Discord's bot tokens: the bot's id, a time and a signature.
    /\b[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,}/,
    // Whoever has such an address may post: webhooks, replies to commands, interactions.
    /\bhttps:\/\/hooks\.slack(?:-gov)?\.com\/[\w./-]+/,
    /\/(?:webhooks|interactions)\/\d{5,}\/[\w.-]{20,}/,
    /\b(Bearer\s+)[\w.~+/=-]{8,}/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** Anything shorter keeps no secret, and blanking it would make the log unreadable. */
const MIN_SECRET_CHARS = 3;

/** A function that blanks the given secrets, and everything shaped like one, out of any text. */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  // As they stand, as JSON writes them and as a URL carries them; the longest first, should one hold another.
  const forms = secrets
    .filter((secret) => secret.length >= MIN_SECRET_CHARS)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  const known = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (text) =>
    known
      .reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text)
      .replace(SECRET_SHAPES, (_match, bearer: string | undefined) => `${bearer ?? ""}[secret]`);
}

export interface LogOptions {
  readonly level: string;
  readonly secrets: readonly string[];
  /** Standard error unless given. */
  readonly destination?: DestinationStream;
}

function serializeError(error: Error): unknown {
  const serialized: unknown = stdSerializers.err(error);
  if (serialized === null || typeof serialized !== "object" || !("stack" in serialized)) return serialized;
  return Object.assign(serialized, { stack: readableStack(String(serialized.stack)) });
}

/** JSON lines; every line is scrubbed as a whole, so a secret inside an error's message or stack goes too. */
export function createLog(options: LogOptions): Logger {
  const scrub = createScrubber(options.secrets);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      serializers: { error: serializeError },
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: scrub },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
