import { AsyncLocalStorage } from "node:async_hooks";
import { buffer } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { proxyRequests } from "@discordjs/proxy";
import { DefaultRestOptions, RateLimitError, REST } from "@discordjs/rest";
import { createTurns } from "./turns.mjs";

/** The bot gives a call up after 10 s. */
const TIMEOUT_MS = 10_000;
/** A call whose own limit resets later is refused, so that the bot sends its newest text then instead of this one. */
const LONGEST_WAIT_MS = 1_000;
/** As Nirn-proxy marks what it answers by itself. */
const OWN = { "content-type": "application/json", "generated-by-proxy": "true" };

/**
 * Returns what answers each request of the bots: @discordjs/proxy, which keeps Discord's limits per route, behind a
 * count of all calls. What it adds: Discord's x-ratelimit headers and refusals reach the bots, a call that its bot has
 * given up is not made any more, and what Discord never answered is marked as the proxy's own.
 * @param {string} [upstream] Discord's REST base, as "https://discord.com/api"
 * @returns {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => Promise<void>}
 */
export function createDiscordProxy(upstream = DefaultRestOptions.api) {
  /** @type {AsyncLocalStorage<{ response: import("node:http").ServerResponse, refusal?: Answer }>} */
  const calls = new AsyncLocalStorage();
  const turn = createTurns({
    now: () => performance.now(),
    sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
  });
  const rest = new REST({
    api: upstream,
    retries: 0,
    timeout: 2 * TIMEOUT_MS, // each call is aborted before, from outside
    globalRequestsPerSecond: Number.POSITIVE_INFINITY, // its windows begin anew at once, so that two meet in a second
    rejectOnRateLimit: ({ timeToReset }) => calls.getStore()?.refusal !== undefined || timeToReset > LONGEST_WAIT_MS,
    async makeRequest(url, init) {
      if (!isOutsideGlobalLimit(url.slice(upstream.length))) await turn(init.signal ?? undefined);
      const answer = await DefaultRestOptions.makeRequest(url, init);
      const call = calls.getStore();
      for (const [name, value] of answer.headers) {
        if (/^x-ratelimit/i.test(name)) call?.response.setHeader(name, value);
      }
      if (call !== undefined && answer.status === 429)
        call.refusal = { status: 429, headers: answer.headers, body: await answer.text() };
      return answer;
    },
  });

  return async (request, response) => {
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const signal = AbortSignal.any([deadline, gone.signal]);
    const call = { response };
    /** @param {Parameters<REST["queueRequest"]>[0]} given */
    const queueRequest = async (given) => {
      try {
        const body = await buffer(request);
        return await rest.queueRequest({ ...given, signal, body: body.length === 0 ? undefined : body });
      } catch (error) {
        const answer = call.refusal ?? ownAnswer(error, deadline.aborted);
        if (answer === undefined) throw error; // Discord's own, which proxyRequests passes on
        return { ...answer, body: new Response(answer.body).body };
      }
    };
    await calls.run(call, () => proxyRequests(/** @type {any} */ ({ queueRequest }))(request, response));
  };
}

/** @typedef {{ status: number, headers: Iterable<[string, string]>, body: string }} Answer */

/**
 * What the proxy answers in Discord's place.
 * @returns {Answer | undefined}
 */
function ownAnswer(error, isLate) {
  const answer = (status, body, headers = {}) => ({
    status,
    headers: Object.entries({ ...OWN, ...headers }),
    body: JSON.stringify({ code: 0, ...body }),
  });
  if (error instanceof RateLimitError) {
    const seconds = error.timeToReset / 1_000;
    const body = { message: "The proxy waits for a limit of Discord's", retry_after: seconds, global: error.global };
    return answer(429, body, { "retry-after": String(seconds) });
  }
  if (isLate) return answer(504, { message: `Discord gave no answer within ${TIMEOUT_MS / 1_000} s` });
  if (typeof error?.status === "number") return undefined;
  return answer(502, { message: `Discord could not be reached: ${error?.message ?? error}` });
}

/** Interactions and their webhooks don't count into what all calls together may be. */
const isOutsideGlobalLimit = (path) => /^(\/v\d+)?\/(interactions|webhooks)\//.test(path);
