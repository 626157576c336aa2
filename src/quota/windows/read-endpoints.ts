import type { Clock } from "../../base/clock.js";
import { withDeadline } from "../../base/deadline.js";
import type { Log } from "../../base/log.js";
import type { ProviderId, QuotaReading } from "../../providers/provider.js";
import type { ProviderSetup } from "../../providers/provider-definition.js";
import type { Store } from "../../store/store.js";
import type { Windows } from "./windows.js";

export interface ReadEndpointsDeps {
  readonly setups: readonly Pick<ProviderSetup, "id" | "key" | "quotaEndpoints">[];
  readonly windows: Pick<Windows, "note" | "isAbsent" | "noteAbsent">;
  readonly store: Pick<Store, "claim" | "commit">;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  /** Deadline of each request, in ms. */
  readonly timeoutMs: number;
  /** Aborts at the shutdown. */
  readonly signal: AbortSignal;
}

/** A little less than the shortest interval of a list, so that each refresh reads them once. */
const MIN_INTERVAL_MS = 50_000;
const MAX_BODY_BYTES = 256 * 1024;
/** The address is not there, or not for this key. */
const ABSENT: readonly number[] = [401, 403, 404, 405, 410, 501];

/**
 * Returns what asks a vendor for a key's quotas, beside its list: once over all replicas, under a deadline. Never
 * rejects: whatever fails is asked for again with the next list.
 */
export function createEndpointReader(deps: ReadEndpointsDeps): (provider: ProviderId) => Promise<void> {
  const { setups, windows, store, clock, log, timeoutMs, signal } = deps;
  const claimMs = Math.max(30_000, 3 * timeoutMs);
  return async (provider) => {
    const setup = setups.find(({ id }) => id === provider);
    const endpoints = setup?.quotaEndpoints?.filter(({ url }) => !windows.isAbsent(provider, url)) ?? [];
    if (endpoints.length === 0 || signal.aborted) return;
    try {
      const taken = await store.claim(`quota:${provider}`, { ttlMs: claimMs, minIntervalMs: MIN_INTERVAL_MS });
      if (!taken.held) return;
      const reads = endpoints.map(async ({ url, read }) => {
        const answer = await withDeadline((inner) => ask(deps, { url, key: setup?.key, signal: inner }), {
          what: `${provider}'s quota`,
          ...{ timeoutMs, clock, signal },
        });
        if (answer === "absent") return windows.noteAbsent(provider, url);
        const readings: readonly QuotaReading[] | undefined = read(answer, clock.now());
        if (readings === undefined) return windows.noteAbsent(provider, url);
        windows.note(provider, readings);
      });
      for (const result of await Promise.allSettled(reads)) {
        if (result.status === "rejected") log.debug({ error: result.reason, provider }, "quota: an endpoint failed");
      }
      await store.commit(taken.claim, []);
    } catch (error) {
      log.debug({ error, provider }, "quota: endpoints were not read, the next refresh tries again");
    }
  };
}

/** Resolves with the answer's JSON. @throws where it says nothing that would hold the next time too */
async function ask(
  { fetch }: Pick<ReadEndpointsDeps, "fetch">,
  { url, key, signal }: { readonly url: string; readonly key: string | undefined; readonly signal: AbortSignal },
): Promise<unknown> {
  const headers = { accept: "application/json", ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  // A redirect would carry the key to another host, so none is followed.
  const response = await fetch(url, { headers, signal, redirect: "manual" });
  const isElsewhere = response.status >= 300 && response.status < 400;
  if (!response.ok) await response.body?.cancel();
  if (isElsewhere || ABSENT.includes(response.status)) return "absent";
  if (!response.ok) throw new Error(`status ${response.status}`);
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_BODY_BYTES) return "absent";
  }
  try {
    return JSON.parse(text);
  } catch {
    return "absent"; // a web page
  }
}
