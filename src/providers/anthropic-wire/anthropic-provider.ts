import Anthropic from "@anthropic-ai/sdk";
import { guardedFetch } from "../http/guarded-fetch.js";
import type { Asked } from "../http/provider-fault.js";
import { anthropicRateLimits } from "../http/rate-limits.js";
import { sdkFault } from "../http/sdk-fault.js";
import { notModified } from "../http/validators.js";
import { createListReader } from "../lists/list-reader.js";
import { readList } from "../lists/read-list.js";
import { type FetchPage, parseListPage } from "../lists/read-pages.js";
import { type Provider, ProviderError, type ProviderId } from "../provider.js";
import type { ProviderDeps } from "../provider-definition.js";
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
