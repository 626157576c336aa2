import type { Refusal } from "../http/read-refusal.js";
import type { ChatRequest, ProviderErrorReason } from "../provider.js";

/** What a server refused for one model, and what is sent instead. Empty for nearly all. */
export interface Quirks {
  /** The system role is refused: the instructions go in front of the first question. */
  readonly foldsSystem?: boolean;
  /** Streaming is refused: the answer comes as a whole. */
  readonly isUnstreamed?: boolean;
  readonly skipsStreamOptions?: boolean;
  /** Most images that it takes in a conversation: the newest are sent. */
  readonly maxImages?: number;
  /** How often the name of the output limit was refused: 1 the other one is used, 2 none. */
  readonly refusedLimitNames?: number;
  /** Most tokens that it writes. */
  readonly maxOutputTokens?: number;
  /** How many answers in a row did not begin with thoughts that no tag opens; 0 after one that did. */
  readonly plainAnswers?: number;
  /** The window that answer and conversation share, in tokens, and what a conversation of so many characters took. */
  readonly window?: { readonly tokens: number; readonly used: number; readonly chars: number };
  /** Most characters of a conversation, where the model's window is only known by its refusal. */
  readonly maxChars?: number;
}

/** What was sent and refused. */
export interface Attempt {
  readonly request: ChatRequest;
  readonly quirks: Quirks;
  /** The conversation has been shortened for this question already: once is enough. */
  readonly isShortened: boolean;
  /** The output limit that was sent, if any. */
  readonly maxOutputTokens: number | undefined;
}

export interface Adaptation {
  readonly quirks: Quirks;
  /** True where it holds for the next requests to this model as well. */
  readonly isLasting: boolean;
}

/** Left out of the window for the answer, and for what tokens and characters differ by. */
const SAFE_SHARE = 0.7;
const SHARE_WITHOUT_NUMBERS = 0.5;
/** An answer of fewer tokens is not worth asking for. */
const MIN_OUTPUT_TOKENS = 256;

const NOT_TAKEN = new RegExp(
  [
    "not (currently )?(support|allow|enable|available|permit|accept|recogni|implement)",
    "n.t support|unsupport|unavailable|unknown",
  ].join("|"),
  "i",
);
const UNKNOWN_PARAMETER = /unsupported|unrecognized|unknown|unexpected|extra|not (permitted|supported|allowed)/i;

/** Returns what to send instead after a refusal; undefined where it is about something that cannot be helped. */
export function adaptationFor(attempt: Attempt, refusal: Refusal, reason: ProviderErrorReason): Adaptation | undefined {
  const { said, status } = refusal;
  if (refusal.isWebPage || status === 401) return undefined;
  const { quirks } = attempt;
  const inMinute = leftInMinute(attempt, said);
  if (inMinute !== undefined) return { quirks: { ...quirks, maxOutputTokens: inMinute }, isLasting: true };
  if (status === 429) return undefined;
  const lasting = (more: Quirks): Adaptation => ({ quirks: { ...quirks, ...more }, isLasting: true });
  if (!quirks.skipsStreamOptions && /stream[ _]options|include_usage/i.test(said))
    return lasting({ skipsStreamOptions: true });
  const refusedNames = quirks.refusedLimitNames ?? 0;
  if (attempt.maxOutputTokens !== undefined && refusedNames < 2 && isLimitNameRefused(said)) {
    return lasting({ refusedLimitNames: refusedNames + 1 });
  }
  const afford = Number(/can only afford (\d+)/.exec(said)?.[1] ?? 0);
  if (afford >= MIN_OUTPUT_TOKENS && quirks.maxOutputTokens === undefined) {
    return { quirks: { ...quirks, maxOutputTokens: afford }, isLasting: false };
  }
  const window = sharedWindow(attempt, said);
  if (window !== undefined) return lasting({ window });
  const outputTokens = smallerOutput(attempt, said);
  if (outputTokens !== undefined) return lasting({ maxOutputTokens: outputTokens });
  if (attempt.request.system && !quirks.foldsSystem && isSystemRefused(said)) return lasting({ foldsSystem: true });
  const maxImages = fewerImages(attempt.request, said);
  if (maxImages !== undefined) return { quirks: { ...quirks, maxImages }, isLasting: !THIS_IMAGE.test(said) };
  if (!quirks.isUnstreamed && isStreamRefused(refusal)) return lasting({ isUnstreamed: true });
  if (reason === "context-too-long" && !attempt.isShortened) {
    const maxChars = shorterChars(attempt.request, said);
    return maxChars === undefined ? undefined : lasting({ maxChars });
  }
  return undefined;
}

const isLimitNameRefused = (said: string) =>
  /\bmax_(completion_)?tokens\b/.test(said) && UNKNOWN_PARAMETER.test(said) && !/too large|at most|maximum/i.test(said);

/** The words of chat templates and vendors for a model that has no system role. */
const isSystemRefused = (said: string) =>
  /system[ _]?(role|message|prompt|instruction|field)|developer (instruct|message|role)|role\W.{0,40}\bsystem\b/i.test(
    said,
  )
    ? NOT_TAKEN.test(said) || /must|only|not one of|invalid|unexpected|not enabled|expected/i.test(said)
    : /roles must alternate|only user,? (and )?(assistant|model)( and tool)? roles|unexpected role system/i.test(
        said,
      ) ||
      /role of .{0,60}must be user|input should be .{0,40}'assistant'/i.test(said) ||
      /'system' is not|first message must .{0,20}user|\bsystem\b.{0,40}not one of/i.test(said);

const OF_IMAGES =
  /image|vision|multi-?modal|only (accepts|supports|takes) text|content.{0,40}(must|should) be a (valid )?string/i;
const NO_IMAGES = new RegExp(
  [
    "no endpoints found|not a (vision|multimodal)|invalid|only .{0,20}text|must be a|should be a|cannot|can.t",
    "missing .{0,20}(required )?for image|exceeds",
  ].join("|"),
  "i",
);
/** Matches words about one image that cannot be read, where the model may take others. */
const THIS_IMAGE = new RegExp(
  [
    "invalid (base64|image)|unsupported image|uploaded|image .{0,30}(format|exceed|too large|corrupt|size)",
    "(decode|process|download)\\w* .{0,20}image",
  ].join("|"),
  "i",
);

/** Returns how many of its images a conversation may keep; undefined where the refusal is not about them. */
function fewerImages(request: ChatRequest, said: string): number | undefined {
  const sent = request.messages.reduce((sum, { images = [] }) => sum + images.length, 0);
  if (sent === 0 || !OF_IMAGES.test(said)) return undefined;
  const [, named, set] = /(?:at most|up to|maximum of|max) (\d+) images?|\bimage=(\d+)/i.exec(said) ?? [];
  const most = Number(named ?? set ?? sent);
  if (most < sent) return most;
  return NOT_TAKEN.test(said) || NO_IMAGES.test(said) ? 0 : undefined;
}

/** A fault of the server's stream is no refusal of streaming. */
const isStreamRefused = ({ said, status = 0 }: Refusal) =>
  (status < 500 || status === 501) &&
  /\bstream(ing|ed)?\b/i.test(said) &&
  (NOT_TAKEN.test(said) ||
    /must be .{0,20}false|stream=false|disabled|verified to stream|only .{0,20}non-stream/i.test(said));

const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text.replaceAll(",", "")));

/** Returns the window that leaves too little for the answer, as the vendor says; undefined where that is not it. */
function sharedWindow({ request, maxOutputTokens: sent }: Attempt, said: string): Quirks["window"] {
  const { size: tokens, used } = windowIn(said);
  if (sent === undefined || tokens === undefined || used === undefined) return undefined;
  const left = tokens - used;
  return left >= MIN_OUTPUT_TOKENS && left < sent ? { tokens, used, chars: charsOf(request) } : undefined;
}

/** Tokens of a character at most, and at least: what a conversation takes is told by its refusal only. */
const MOST_PER_CHAR = 0.5;
const LEAST_PER_CHAR = 0.2;

/** Returns a request whose answer fits into the window beside it; `limit`: the output limit that it has so far. */
export function withinWindow(request: ChatRequest, { window }: Quirks, limit: number | undefined): ChatRequest {
  if (window === undefined || limit === undefined) return request;
  const more = charsOf(request) - window.chars;
  const left = Math.floor(window.tokens - window.used - more * (more > 0 ? MOST_PER_CHAR : LEAST_PER_CHAR));
  return left < limit ? { ...request, maxOutputTokens: Math.max(left, MIN_OUTPUT_TOKENS) } : request;
}

/**
 * Some vendors count the output limit as used. Where it exceeds a minute's tokens, returns what they leave for it: at
 * most half, so that a second question may be asked in the minute.
 */
function leftInMinute({ maxOutputTokens: sent }: Attempt, said: string): number | undefined {
  const [, limit, requested] = /tokens per min.{0,20}\bLimit ([\d,]+), Requested ([\d,]+)/i.exec(said) ?? [];
  const perMinute = numberOf(limit) ?? 0;
  const excess = (numberOf(requested) ?? 0) - perMinute;
  const left = Math.min((sent ?? 0) - excess, Math.floor(perMinute / 2));
  return excess > 0 && left >= MIN_OUTPUT_TOKENS ? left : undefined;
}

/** The model's window, and what the conversation takes of it, as far as the vendor names both. */
function windowIn(said: string): { readonly size: number | undefined; readonly used: number | undefined } {
  const [, taken, , sum] = /(\d+) \+ (\d+) > (\d+)/.exec(said) ?? [];
  const [, most, given] = /must be <= (\d+)\. Given: (\d+) `inputs`/.exec(said) ?? [];
  const size = numberOf(sum ?? most ?? /context (?:length|window|size)\D{0,20}([\d,]+)/i.exec(said)?.[1]);
  const used = numberOf(
    taken ??
      given ??
      new RegExp(
        [
          "([\\d,]+) (?:in (?:the messages|your prompt)|of text input|tokens from the input)",
          "([\\d,]+) (?:input|prompt|text) tokens",
          "(?:resulted in|contains(?: at least)?) ([\\d,]+)",
        ].join("|"),
        "i",
      )
        .exec(said)
        ?.slice(1)
        .find((text) => text !== undefined),
  );
  return { size, used };
}

/** Takes the output limit that the vendor names, or half of what was sent; undefined where it is not about that. */
function smallerOutput({ maxOutputTokens: sent }: Attempt, said: string): number | undefined {
  if (sent === undefined) return undefined;
  const { size, used } = windowIn(said);
  if (size !== undefined && used !== undefined) return undefined;
  if (!/max(imum)?[ _]?(completion_|output_?|new_|gen_)?_?tokens|(output|completion|generated) tokens/i.test(said))
    return undefined;
  const numbers = [...said.matchAll(/(?<![\w.-])(\d{1,3}(?:,\d{3})+|\d+)(?![\w-])/g)].map(
    ([text]) => numberOf(text) ?? 0,
  );
  const named = numbers.filter((number) => number >= 16 && number < sent);
  if (named.length > 0) return Math.max(...named) - (/\bexclusive/.test(said) ? 1 : 0);
  const isSize = /too (large|big|high|many)|exceed|at most|less than|maximum|greater|range|limit/i.test(said);
  return isSize && sent >= 2 * MIN_OUTPUT_TOKENS ? Math.floor(sent / 2) : undefined;
}

/** How long a conversation may be, by what the vendor says of its window; undefined where nothing can be left out. */
function shorterChars(request: ChatRequest, said: string): number | undefined {
  if (request.messages.length < 2) return undefined;
  const numbers = [...said.matchAll(/\d[\d,]{2,}/g)].map(([text]) => numberOf(text) ?? 0);
  const window = numberOf(/(?:maximum|max|limit|at most|up to|context|n_ctx)\b\D{0,60}(\d[\d,]{2,})/i.exec(said)?.[1]);
  const used = Math.max(...numbers, 0);
  const share = window !== undefined && used > window ? (window / used) * SAFE_SHARE : SHARE_WITHOUT_NUMBERS;
  return Math.floor(charsOf(request) * share);
}

const charsOf = ({ system = "", messages }: ChatRequest) =>
  messages.reduce((sum, { content }) => sum + content.length, system.length);
