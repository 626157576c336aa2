import { APIVersion, RouteBases } from "discord-api-types/v10";
import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import { TimeoutError } from "../../../base/errors.js";
import { backoffMs, retry } from "../../../base/retry.js";
import { headersOf, sendRequest, textOf } from "../../../providers/http/send-request.js";
import { pauseBeforeAgain } from "../../delivery/platform-pause.js";
import { PlatformError } from "../../port/platform-error.js";
import {
  answerOf,
  type DiscordAnswer,
  discordStatusOf,
  refusalOf,
  tokenRefusalOf,
  unansweredError,
} from "../wire/answer.js";

export interface RestDeps {
  readonly token: string;
  readonly apiUrl: string | undefined;
  readonly clock: Clock;
  /** Called at the end of every call with its answer; undefined where none came. */
  onAnswer(method: Method, path: string, answer: DiscordAnswer | undefined, tookMs: number): void;
  /** Called when Discord refuses the token. */
  onTokenRefused?(): void;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RestCall {
  /** What is tried, as the error's text names it: "posting a message". */
  readonly what: string;
  readonly body?: unknown;
  readonly files?: readonly { readonly name: string; readonly data: Uint8Array }[];
  /** For interactions, whose own token is in the path. */
  readonly isWithoutToken?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Discord's REST API. Unknown answers are for the caller to parse. */
export interface DiscordRest {
  /** @throws {PlatformError} @throws signal.reason when aborted */
  call(method: Method, path: `/${string}`, call: RestCall): Promise<unknown>;
  /** Whether Discord has refused the token, and has not taken it since. */
  isTokenRefused(): boolean;
}

/** In the form of https://discord.com/developers/docs/reference#user-agent, with the package's version. */
export const USER_AGENT = "DiscordBot (evergreen-bot, 1.0.0)";
/** Timeout of a call in ms: longer than Discord takes for any call that it answers. */
const TIMEOUT_MS = 10_000;

/**
 * Makes each call at once and as it stands: the SDK's own REST client would queue the calls of one route, hold them
 * back until a limit resets, and retry them, all of which is decided with more knowledge here.
 */
export function createRest({ token, apiUrl, clock, onAnswer, onTokenRefused = () => {} }: RestDeps): DiscordRest {
  const base = apiUrl === undefined ? RouteBases.api : `${apiUrl.replace(/(\/v\d+)?\/*$/, "")}/v${APIVersion}`;
  const tokenRefusal = createTokenRefusal({ clock, onRefused: onTokenRefused });

  const send = async (method: Method, path: string, given: RestCall, signal: AbortSignal): Promise<DiscordAnswer> => {
    const refused = given.isWithoutToken ? undefined : tokenRefusal.before();
    if (refused !== undefined) return refused;
    const startedAt = clock.now();
    let answer: DiscordAnswer | undefined;
    try {
      const { type, body } = await bodyOf(given);
      const headers = {
        "user-agent": USER_AGENT,
        ...(!given.isWithoutToken && { authorization: `Bot ${token}` }),
        ...(type !== undefined && { "content-type": type }),
      };
      const request = { url: `${base}${path}`, method, headers, signal, ...(body !== undefined && { body }) };
      const response = await sendRequest(request);
      answer = answerOf(response.statusCode ?? 0, headersOf(response), await textOf(response));
    } finally {
      onAnswer(method, path.replace(/\?.*/, ""), answer, clock.now() - startedAt);
    }
    if (!given.isWithoutToken) tokenRefusal.note(answer);
    return answer;
  };
  return {
    isTokenRefused: tokenRefusal.isRefused,
    async call(method, path, given) {
      const { what, timeoutMs = TIMEOUT_MS, signal } = given;
      let answer: DiscordAnswer;
      try {
        const terms = { what: "Discord", timeoutMs, clock, signal };
        const attempt = () => withDeadline((inner) => send(method, path, given, inner), terms);
        answer = await attempt().catch((error) => {
          if (signal?.aborted || error instanceof TimeoutError || !isRepeatable(method, given)) throw error;
          return attempt();
        });
      } catch (error) {
        signal?.throwIfAborted();
        throw unansweredError(error, what);
      }
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      const isToken = answer.status === 401 && !given.isWithoutToken;
      throw isToken ? tokenRefusalOf(answer, what, tokenRefusal.waitMs()) : refusalOf(answer, what);
    },
  };
}

/** Whether a call may be sent again when its connection broke, as an idle one may: perhaps it has arrived. */
const isRepeatable = (method: Method, { body }: RestCall) => method !== "POST" || Object(body).enforce_nonce === true;

interface RequestBody {
  readonly type?: string | undefined;
  readonly body?: string | Uint8Array;
}

function bodyOf({ body, files }: RestCall): RequestBody | Promise<RequestBody> {
  if (files !== undefined) return formOf(body, files);
  return body === undefined ? {} : { type: "application/json", body: JSON.stringify(body) };
}

async function formOf(body: unknown, files: NonNullable<RestCall["files"]>): Promise<RequestBody> {
  const form = new FormData();
  for (const [index, { name, data }] of files.entries())
    form.append(`files[${index}]`, new Blob([data as Uint8Array<ArrayBuffer>]), name);
  form.append("payload_json", JSON.stringify(body));
  const packed = new Response(form);
  return { type: packed.headers.get("content-type") ?? undefined, body: new Uint8Array(await packed.arrayBuffer()) };
}

/** Discord bans an address after 10,000 refusals in 10 min; these make a dozen, and a mistake is over soon. */
const REFUSAL_PAUSES = { firstMs: 2_000, maxMs: 300_000 };

/** Whether Discord takes the bot's token: while it does not, only one call now and then asks. */
function createTokenRefusal({ clock, onRefused }: { readonly clock: Pick<Clock, "now">; onRefused(): void }) {
  let refusal: { readonly answer: DiscordAnswer; readonly count: number; readonly until: number } | undefined;
  let isAsking = false;
  return {
    /** The refusal that a call would get; undefined where it is worth asking. */
    before(): DiscordAnswer | undefined {
      if (refusal === undefined) return undefined;
      if (clock.now() < refusal.until) return refusal.answer;
      // Whoever asks now asks for all.
      refusal = { ...refusal, until: clock.now() + backoffMs(refusal.count, REFUSAL_PAUSES) };
      isAsking = true;
      return undefined;
    },
    /** Takes in the answer to a call with the token. */
    note(answer: DiscordAnswer): void {
      if (answer.status === 401) {
        // Answers to calls that were on their way say nothing new.
        if (refusal !== undefined && !isAsking) return;
        if (refusal === undefined) onRefused();
        const count = (refusal?.count ?? 0) + 1;
        refusal = { answer, count, until: clock.now() + backoffMs(count, REFUSAL_PAUSES) };
      } else refusal = undefined;
      isAsking = false;
    },
    isRefused: () => refusal !== undefined,
    /** How long until the next call asks, in ms. */
    waitMs: () => Math.max(0, (refusal?.until ?? 0) - clock.now()),
  };
}

export interface Patience {
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** No further attempt begins when so long has passed. */
  readonly patienceMs: number;
  /** What may have arrived without an answer is not sent again. */
  readonly isOnlyOnce?: boolean;
}

/** Makes a call again while Discord fails for the moment or limits its rate. @throws the last error */
export const withRetry = <T>(call: () => Promise<T>, { clock, patienceMs, isOnlyOnce }: Patience): Promise<T> =>
  retry(call, {
    clock,
    until: clock.now() + patienceMs,
    delays(failures, error) {
      if (!(error instanceof PlatformError) || !error.isRetryable) return undefined;
      return isOnlyOnce && discordStatusOf(error) === undefined ? undefined : pauseBeforeAgain(error, failures);
    },
  });
