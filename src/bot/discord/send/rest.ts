import { DefaultRestOptions, DefaultUserAgent } from "discord.js";
import type { Clock } from "../../../base/clock.js";
import { withDeadline } from "../../../base/deadline.js";
import { TimeoutError } from "../../../base/errors.js";
import { type Answer, answerOf } from "../wire/answer.js";
import { refusalOf, tokenRefusalOf, toPlatformError } from "../wire/errors.js";
import { createTokenRefusal, UNAUTHORIZED } from "./token-refusal.js";

export interface RestDeps {
  readonly token: string;
  readonly apiUrl: string | undefined;
  readonly clock: Clock;
  /** Told of the end of every call: what it says of the rate limits; undefined where no answer came. */
  onAnswer(method: Method, path: string, answer: Answer | undefined, tookMs: number): void;
  /** Told when Discord refuses the token. */
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

/** Longer than Discord ever takes for what it does at all. */
const TIMEOUT_MS = 10_000;

/**
 * Discord's REST, one call at a time and as it stands: the SDK's own client would queue the calls of one route one behind
 * the other, hold them back until a limit resets, and try them again, all of which is decided with more knowledge here.
 */
export function createRest({ token, apiUrl, clock, onAnswer, onTokenRefused = () => {} }: RestDeps): DiscordRest {
  const base = `${(apiUrl ?? DefaultRestOptions.api).replace(/(\/v\d+)?\/*$/, "")}/v${DefaultRestOptions.version}`;
  const tokenRefusal = createTokenRefusal({ clock, onRefused: onTokenRefused });

  const send = async (method: Method, path: string, given: RestCall, signal: AbortSignal): Promise<Answer> => {
    const known = given.isWithoutToken ? undefined : tokenRefusal.known();
    if (known !== undefined) return known;
    const startedAt = clock.now();
    let answer: Answer | undefined;
    try {
      const headers = {
        "user-agent": DefaultUserAgent,
        ...(!given.isWithoutToken && { authorization: `Bot ${token}` }),
        ...(given.body !== undefined && given.files === undefined && { "content-type": "application/json" }),
      };
      const body = bodyOf(given);
      const init = { method, headers, signal, ...(body !== undefined && { body }) };
      answer = await answerOf(await DefaultRestOptions.makeRequest(`${base}${path}`, init));
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
      let answer: Answer;
      try {
        const terms = { what: "Discord", timeoutMs, clock, signal };
        const attempt = () => withDeadline((inner) => send(method, path, given, inner), terms);
        answer = await attempt().catch((error) => {
          if (signal?.aborted || error instanceof TimeoutError || !isRepeatable(method, given)) throw error;
          return attempt();
        });
      } catch (error) {
        signal?.throwIfAborted();
        throw toPlatformError(error, what);
      }
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      const isTokens = answer.status === UNAUTHORIZED && !given.isWithoutToken;
      throw isTokens ? tokenRefusalOf(answer, what, tokenRefusal.waitMs()) : refusalOf(answer, what);
    },
  };
}

/** What may be sent again when its connection broke, as an idle one does now and then: it may have arrived. */
const isRepeatable = (method: Method, { body }: RestCall) => method !== "POST" || Object(body).enforce_nonce === true;

function bodyOf({ body, files }: RestCall): string | FormData | undefined {
  if (files === undefined) return body === undefined ? undefined : JSON.stringify(body);
  const form = new FormData();
  for (const [index, { name, data }] of files.entries())
    form.append(`files[${index}]`, new Blob([data as Uint8Array<ArrayBuffer>]), name);
  form.append("payload_json", JSON.stringify(body));
  return form;
}
