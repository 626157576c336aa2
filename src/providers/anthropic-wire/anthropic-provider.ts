import Anthropic from "@anthropic-ai/sdk";
import { type Provider, type ProviderDeps, ProviderError, type ProviderId } from "../provider.js";
import { guardedFetch } from "../wire/guarded-fetch.js";
import { createListReader } from "../wire/list-reader.js";
import { readRows } from "../wire/model-rows.js";
import type { Asked } from "../wire/provider-fault.js";
import { anthropicRateLimits } from "../wire/rate-limits.js";
import { parseListPage, readPages } from "../wire/read-pages.js";
import { sdkFault } from "../wire/sdk-fault.js";
import { ANTHROPIC_ROW_FIELDS, readAnthropicRow } from "./model-row.js";
import { createStreamChat } from "./stream-chat.js";

export interface AnthropicWire {
  readonly id: ProviderId;
  readonly baseUrl: string;
  readonly key: string;
}

/** A timer in the SDK would only cut long answers off; deadlines belong to the callers. In ms. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
/** The most that the API gives at once. */
const PAGE_ROWS = 1_000;

/** Anthropic's Messages API, spoken by the real SDK with its retries, timer and log turned off. */
export function createAnthropicProvider(wire: AnthropicWire, deps: ProviderDeps): Provider {
  const client = new Anthropic({
    // The SDK adds the version to the path by itself.
    baseURL: wire.baseUrl.replace(/\/v1$/, ""),
    apiKey: wire.key,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    logLevel: "off",
    fetch: guardedFetch(deps.fetch),
  });
  const asked = (): Asked => ({
    provider: wire.id,
    key: wire.key,
    now: deps.clock.now(),
    limits: anthropicRateLimits,
  });
  // Only a better guess: an answer's length has to be named with every request.
  const outputLimits = new Map<string, number>();

  const reader = createListReader(wire.id, ANTHROPIC_ROW_FIELDS, deps);

  return {
    id: wire.id,
    async listModels(signal, note) {
      signal.throwIfAborted();
      try {
        // A signal for each page: the SDK leaves its listener on the one that it gets.
        const fetchPage = (after: string | undefined) =>
          client.models
            .list(
              { limit: PAGE_ROWS, ...(after !== undefined && { after_id: after }) },
              { signal: AbortSignal.any([signal]) },
            )
            .asResponse();
        const rows = await readPages(wire.id, reader, fetchPage, parseListPage, signal);
        const models = await readRows(wire.id, rows, readAnthropicRow, { warn: deps.warn, note });
        for (const { id, outputTokens } of models) if (outputTokens !== undefined) outputLimits.set(id, outputTokens);
        return models;
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof ProviderError ? error : sdkFault(error, asked());
      }
    },
    streamChat: createStreamChat(client, asked, (model) => outputLimits.get(model)),
  };
}
