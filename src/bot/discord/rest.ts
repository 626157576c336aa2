import { DefaultRestOptions, REST, type RequestMethod, type ResponseLike } from "discord.js";
import type { Clock } from "../../clock.js";
import { withDeadline } from "../../deadline.js";
import { toPlatformError } from "./errors.js";

export interface RestDeps {
  readonly token: string;
  readonly apiUrl: string | undefined;
  readonly clock: Clock;
  /** Told of every answer: what its headers say of the rate limits. */
  onAnswer(method: string, path: string, status: number, headers: Headers): void;
}

export interface RestCall {
  /** What is tried, as the error's text names it: "posting a message". */
  readonly what: string;
  readonly body?: unknown;
  readonly files?: readonly { readonly name: string; readonly data: Uint8Array }[];
  /** For interactions, whose own token is in the path. */
  readonly isWithoutToken?: boolean;
  readonly timeoutMs?: number;
}

/** Discord's REST API. Unknown answers are for the caller to parse. */
export interface DiscordRest {
  /** @throws {PlatformError} */
  call(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: `/${string}`, call: RestCall): Promise<unknown>;
}

/** The SDK's own is 15 s and three more tries, so that an unanswered call takes a minute. */
const TIMEOUT_MS = 10_000;
/** A limit that lasts longer is not waited for on the way to a person. */
export const NO_RETRY_AFTER_MS = 10_000;

/** One REST client for the platform's life, over all gateway connections. It never queues a call until a limit resets. */
export function createRest({ token, apiUrl, clock, onAnswer }: RestDeps): DiscordRest {
  const api = apiUrl?.replace(/(\/v\d+)?\/*$/, "");
  const rest = new REST({
    ...(api !== undefined && { api }),
    timeout: TIMEOUT_MS,
    retries: 0,
    rejectOnRateLimit: () => true,
    async makeRequest(url, init) {
      const response = await DefaultRestOptions.makeRequest(url, init);
      onAnswer(init.method ?? "GET", pathOf(url), response.status, new Headers(Object.fromEntries(response.headers)));
      return response.status === 429 ? withoutDisguise(response) : response;
    },
  }).setToken(token);

  return {
    async call(method, fullRoute, { what, body, files, isWithoutToken, timeoutMs = TIMEOUT_MS }) {
      const request = (signal: AbortSignal) =>
        rest.request({
          method: method as RequestMethod,
          fullRoute,
          signal,
          ...(body !== undefined && { body }),
          ...(files !== undefined && { files: files.map(({ name, data }) => ({ name, data })) }),
          ...(isWithoutToken && { auth: false }),
        });
      try {
        return await withDeadline(request, { what: "Discord", timeoutMs, clock });
      } catch (error) {
        throw toPlatformError(error, what);
      }
    },
  };
}

const pathOf = (url: string) => new URL(url).pathname.replace(/^.*?\/v\d+(?=\/)/, "");

/** The cap on edits of old messages comes as 429 too; the SDK would take it for a rate limit and hide its code. */
async function withoutDisguise(response: ResponseLike): Promise<ResponseLike> {
  const body = await response.text();
  const isEditCap = /"code"\s*:\s*30046\b/.test(body);
  // A cast at the border: the two Response types differ only in whose streams they name.
  return new Response(body, {
    status: isEditCap ? 400 : 429,
    headers: Object.fromEntries(response.headers),
  }) as unknown as ResponseLike;
}
