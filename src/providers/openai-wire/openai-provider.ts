import OpenAI from "openai";
import { guardedFetch } from "../http/guarded-fetch.js";
import type { Asked } from "../http/provider-fault.js";
import { openAiRateLimits } from "../http/rate-limits.js";
import { sdkFault } from "../http/sdk-fault.js";
import { notModified } from "../http/validators.js";
import { createListReader } from "../lists/list-reader.js";
import type { Row } from "../lists/model-rows.js";
import { readList } from "../lists/read-list.js";
import { type FetchPage, parseListPage } from "../lists/read-pages.js";
import { type Provider, ProviderError } from "../provider.js";
import type { ProviderDeps } from "../provider-definition.js";
import { OPENAI_ROW_FIELDS, readOpenAiRow } from "./model-row.js";
import type { OpenAiWire } from "./openai-wire.js";
import { createStreamChat } from "./stream-chat.js";

/** A timer in the SDK would only cut long answers off; deadlines belong to the callers. In ms. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/** The wire format that most vendors share, spoken by the real SDK with everything of its own turned off. */
export function createOpenAiProvider(wire: OpenAiWire, deps: ProviderDeps): Provider {
  const client = new OpenAI({
    baseURL: wire.baseUrl,
    // The SDK insists on a key; without one its header is taken out again.
    apiKey: wire.key ?? "none",
    ...(wire.key === undefined && { defaultHeaders: { Authorization: null } }),
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: NO_TIMEOUT_MS,
    // It would log pieces of answers.
    logLevel: "off",
    fetch: guardedFetch(deps.fetch),
  });
  const asked = (): Asked => ({
    provider: wire.id,
    key: wire.key,
    now: deps.clock.now(),
    limits: (headers) => openAiRateLimits(headers, deps.clock.now()),
  });

  const reader = createListReader(wire.id, OPENAI_ROW_FIELDS, deps);
  const listClient = client.withOptions({ fetch: reader.fetch });
  const list = {
    provider: wire.id,
    reader,
    parsePage: parseListPage,
    readRow: (row: Row) => readOpenAiRow(row, wire.isChat),
    warn: deps.warn,
  };

  return {
    id: wire.id,
    async listModels(signal, terms) {
      signal.throwIfAborted();
      // A signal for each page: the SDK leaves its listener on the one that it gets.
      const fetchPage: FetchPage = (after, headers) =>
        listClient
          .get("/models", {
            signal: AbortSignal.any([signal]),
            headers,
            ...(after !== undefined && { query: { after } }),
          })
          .asResponse()
          .catch(notModified);
      try {
        return await readList({ ...list, fetchPage }, signal, terms);
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof ProviderError ? error : sdkFault(error, asked());
      }
    },
    streamChat: createStreamChat(client, wire, asked),
  };
}
