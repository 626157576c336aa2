import Anthropic from "@anthropic-ai/sdk";
import { type Provider, type ProviderDeps, ProviderError, type ProviderId } from "../provider.js";
import { guardedFetch } from "../wire/guarded-fetch.js";
import { createListReader } from "../wire/list-reader.js";
import type { Asked } from "../wire/provider-fault.js";
import { anthropicRateLimits } from "../wire/rate-limits.js";
import { readList } from "../wire/read-list.js";
import { type FetchPage, parseListPage } from "../wire/read-pages.js";
import { sdkFault } from "../wire/sdk-fault.js";
import { notModified } from "../wire/validators.js";
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
  const listClient = client.withOptions({ fetch: reader.fetch });
  const list = {
    provider: wire.id,
    reader,
    parsePage: parseListPage,
    readRow: readAnthropicRow,
    warn: deps.warn,
  };

  return {
    id: wire.id,
    async listModels(signal, terms) {
      signal.throwIfAborted();
      // A signal for each page: the SDK leaves its listener on the one that it gets.
      const fetchPage: FetchPage = (after, headers) =>
        listClient.models
          .list(
            { limit: PAGE_ROWS, ...(after !== undefined && { after_id: after }) },
            { signal: AbortSignal.any([signal]), headers },
          )
          .asResponse()
          .catch(notModified);
      try {
        const models = await readList({ ...list, fetchPage }, signal, terms);
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
