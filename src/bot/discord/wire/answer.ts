import type { ResponseLike } from "discord.js";
import { z } from "zod";

/** What Discord answered to one call. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it was JSON; undefined where there was none. */
  readonly body: unknown;
  /** Discord's own number for what went wrong, and its words. */
  readonly code: number | undefined;
  readonly message: string | undefined;
  /** With a refusal for the rate of calls. */
  readonly limited: Limited | undefined;
}

export interface Limited {
  readonly retryAfterMs: number;
  /** It holds for all calls, not for this one's bucket. */
  readonly isGlobal: boolean;
}

/** The cap on edits of a message older than an hour comes as 429 too, and says nothing of other calls. */
export const EDIT_CAP = 30046;
const TOO_MANY = 429;
/** Where Discord does not say how long. */
const DEFAULT_RETRY_MS = 1_000;

const refusal = z.object({
  code: z.number().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
  retry_after: z.number().optional().catch(undefined),
  global: z.boolean().optional().catch(undefined),
});

/** Reads an answer to its end. @throws when it breaks off */
export async function answerOf(response: ResponseLike): Promise<Answer> {
  const headers = new Headers(Object.fromEntries(response.headers));
  const text = await response.text();
  const body = parsedJson(text);
  const told = refusal.safeParse(body).data;
  return {
    status: response.status,
    headers,
    body,
    code: told?.code,
    message: told?.message,
    limited: response.status === TOO_MANY && told?.code !== EDIT_CAP ? limitedBy(headers, told) : undefined,
  };
}

/** A refusal that is none of the API's own, as a page of the service in front of it, holds for the address. */
function limitedBy(headers: Headers, told: z.infer<typeof refusal> | undefined): Limited {
  const seconds =
    told?.retry_after ?? (Number(headers.get("retry-after")) || Number(headers.get("x-ratelimit-reset-after")));
  return {
    retryAfterMs: seconds > 0 ? seconds * 1_000 : DEFAULT_RETRY_MS,
    isGlobal: told === undefined || told.global === true || headers.has("x-ratelimit-global"),
  };
}

function parsedJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a page: its status says enough
  }
}
