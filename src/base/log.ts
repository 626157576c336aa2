import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { type DestinationStream, type Logger, pino, stdSerializers } from "pino";
import { BoundedMap } from "./bounded-map.js";

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

/** A place in a stack trace, as `file:///app/dist/main.js:120:7`; a thread's is a path. */
const PLACE = /((?:file:\/\/)?\/[^\s():]+\.js):(\d+):(\d+)/g;

/** Errors come from the same few places again and again. */
const MAX_READABLE = 1_000;
const readable = new BoundedMap<string, string>(MAX_READABLE);

/**
 * The maps read so far by the file that they belong to, undefined where there is none. A map takes ten megabytes: it
 * stays in memory only until the garbage collector comes.
 */
const maps = new Map<string, WeakRef<SourceMap> | undefined>();

/**
 * A stack trace with places in the sources (`src/app.ts:12:3`) where a built file has a map beside it. Maps are read
 * when the first trace needs them, since Node.js's own `--enable-source-maps` reads them all at every start.
 */
export function readableStack(stack: string): string {
  return stack.replace(PLACE, (place, file: string, line: string, column: string) => {
    const found = readable.get(place) ?? readablePlace(place, file, [Number(line) - 1, Number(column) - 1]);
    readable.set(place, found);
    return found;
  });
}

function readablePlace(place: string, file: string, [line, column]: readonly [number, number]): string {
  const entry = mapOf(file)?.findEntry(line, column);
  if (entry === undefined || !("originalSource" in entry)) return place;
  // The bundler's own code, and some of a library, comes from no source, whatever the types say.
  const from: string | undefined = entry.originalSource;
  if (from === undefined) return place;
  const source = from.replace(/^.*?(?=src\/)/, "");
  return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

function mapOf(file: string): SourceMap | undefined {
  const known = maps.get(file)?.deref();
  if (known !== undefined || (maps.has(file) && maps.get(file) === undefined)) return known;
  const read = readMap(file);
  maps.set(file, read && new WeakRef(read));
  return read;
}

function readMap(file: string): SourceMap | undefined {
  try {
    const path = `${file.startsWith("file:") ? fileURLToPath(file) : file}.map`;
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : undefined;
  } catch {
    return undefined; // a trace of the built files is better than none
  }
}
