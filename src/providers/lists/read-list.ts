import type { Clock } from "../../base/clock.js";
import { AppError } from "../../base/errors.js";
import { connectionError, type FaultContext, redirectError, refusalError } from "../http/provider-fault.js";
import { errorIn, readRefusal } from "../http/read-refusal.js";
import type { ResponseHeaders } from "../http/send-request.js";
import {
  type HeldList,
  type ListTerms,
  type ListValidators,
  type ModelInfo,
  ProviderError,
  type ProviderId,
} from "../provider.js";
import { createListThread, type ListThread, type PageAnswer } from "./list-thread.js";
import { MAX_MODELS, type ModelRow, readRows } from "./model-rows.js";

/** How one vendor's list is asked for, and read. */
export interface ListSource {
  readonly provider: ProviderId;
  readonly key: string | undefined;
  /** Where a page is; `after` names the last row of the page before, undefined for the first page. */
  readonly pageUrl: (after: string | undefined) => string;
  readonly headers: Readonly<Record<string, string>>;
  /** Fields of a row that are read; a dot leads into a part, as "pricing.prompt". */
  readonly fields: readonly string[];
  readonly readRow: (row: ModelRow) => ModelInfo | undefined;
}

const MAX_LIST_BYTES = 8 * 1024 * 1024;
const MAX_PAGES = 20;
/** Status for a list that is still the one that the request named. */
const NOT_MODIFIED = 304;

export interface ListDeps {
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  /** A thread of its own unless given. */
  readonly listThread?: ListThread | undefined;
}

/** Returns the `listModels` of one provider. */
export function createListModels(source: ListSource, deps: ListDeps) {
  const thread = deps.listThread ?? createListThread(deps);
  return async (signal: AbortSignal, { note, held }: ListTerms = {}): Promise<readonly ModelInfo[]> => {
    try {
      const list = await readPages(source, thread, deps, { held, signal });
      // Only what was held can be unchanged.
      if (list === "unchanged") return held?.models ?? [];
      const { models, droppedRows } = await readRows(source.provider, list.rows, source.readRow, deps.warn);
      note?.({ droppedRows, validators: list.validators });
      return models;
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ProviderError ? error : connectionError(error, contextOf(source, deps));
    }
  };
}

const contextOf = ({ provider, key }: ListSource, { clock }: ListDeps): FaultContext => ({
  provider,
  key,
  now: clock.now(),
});

const malformed = ({ provider }: ListSource, what: string, details = {}) =>
  new ProviderError(provider, "malformed", `${provider} ${what}`, details);

/** A whole list. `validators` are there where one page was all of it: one page's say nothing about the others. */
interface ListRows {
  readonly rows: readonly unknown[];
  readonly validators?: ListValidators | undefined;
}

/** Reads all rows of a list, page by page, within bounds; or finds that it is still the held one. */
async function readPages(
  source: ListSource,
  thread: ListThread,
  deps: ListDeps,
  { held, signal }: { readonly held: HeldList | undefined; readonly signal: AbortSignal },
): Promise<ListRows | "unchanged"> {
  const rows: unknown[] = [];
  const seen = new Set<string>();
  let after: string | undefined;
  let bytesLeft = MAX_LIST_BYTES;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const compared = pages === 0 ? held : undefined;
    const answer = await readPage(source, thread, { after, compared, maxBytes: bytesLeft, signal });
    const page = pageOf(answer, source, deps, compared);
    if (page === "unchanged") return page;
    bytesLeft -= page.bytes;
    for (const row of page.rows) rows.push(row);
    if (rows.length > MAX_MODELS) throw malformed(source, `sent a model list of more than ${MAX_MODELS} models`);
    if (page.next === undefined || page.rows.length === 0) {
      return { rows, validators: pages === 0 ? validatorsOf(page.headers, page.digest) : undefined };
    }
    if (seen.has(page.next)) throw malformed(source, "sent the same page of its model list again and again");
    seen.add(page.next);
    after = page.next;
  }
  throw malformed(source, `sent a model list of more than ${MAX_PAGES} pages`);
}

/** Has a page fetched and parsed. A thread that fails at it counts as a list that cannot be read. */
async function readPage(
  { provider, pageUrl, headers, fields }: ListSource,
  thread: ListThread,
  terms: {
    readonly after: string | undefined;
    readonly compared: HeldList | undefined;
    readonly maxBytes: number;
    readonly signal: AbortSignal;
  },
): Promise<PageAnswer> {
  const { after, compared, maxBytes, signal } = terms;
  const request = {
    url: pageUrl(after),
    headers: { accept: "application/json", ...headers, ...conditionsOf(compared) },
    maxBytes,
    maxRows: MAX_MODELS,
    fields,
    known: compared?.validators.digest,
  };
  return thread.read(request, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    if (!(cause instanceof AppError)) throw cause;
    throw new ProviderError(provider, "malformed", `${provider} sent a model list that could not be read`, { cause });
  });
}

interface ListPage {
  readonly rows: readonly unknown[];
  /** Where the next page begins; undefined on the last one. */
  readonly next: string | undefined;
  readonly headers: ResponseHeaders;
  readonly bytes: number;
  readonly digest: string;
}

function pageOf(
  answer: PageAnswer,
  source: ListSource,
  deps: ListDeps,
  compared: HeldList | undefined,
): ListPage | "unchanged" {
  const refused = (body: unknown, status?: number, headers?: ResponseHeaders) => {
    const now = deps.clock.now();
    const about = { now, ...(status !== undefined && { status }), ...(headers && { headers }) };
    return refusalError(readRefusal(body, about), contextOf(source, deps));
  };
  if (answer.kind === "too-large") throw malformed(source, `sent a model list of more than ${MAX_LIST_BYTES} bytes`);
  if (answer.kind === "refused") {
    const { status, text, headers } = answer;
    if (status === NOT_MODIFIED && compared !== undefined) return "unchanged";
    if (status === NOT_MODIFIED)
      throw malformed(source, "answered “not modified” to a request without a condition", { status });
    throw status >= 300 && status < 400 ? redirectError(source.provider, status) : refused(text, status, headers);
  }
  const { page, headers, bytes } = answer;
  if (page.kind === "known") return "unchanged";
  if (page.kind === "too-long") throw malformed(source, `sent a model list of more than ${MAX_MODELS} models`);
  if (page.kind === "no-json") {
    throw page.isWebPage
      ? new ProviderError(
          source.provider,
          "address",
          `${source.provider} sent a web page instead of its model list; check its base URL`,
        )
      : malformed(source, "sent no model list");
  }
  if (page.kind === "no-list") {
    const error = errorIn(page.body);
    throw error === undefined ? malformed(source, "sent no model list") : refused(error);
  }
  const { rows, digest, rest } = page;
  const hasMore = rest.has_more === true && typeof rest.last_id === "string";
  return { rows, digest, headers, bytes, next: hasMore ? `${rest.last_id}` : undefined };
}

/** A validator is sent back as it came, so it has to be short and printable; others are no use. */
const USABLE = /^[\x20-\x7e]{1,500}$/;

/** Returns what tells later whether a list still holds (RFC 9110, section 8.8); `digest`: of its body. */
export function validatorsOf(headers: ResponseHeaders, digest: string): ListValidators {
  const usable = (name: string) => {
    const value = headers.get(name);
    return value !== null && USABLE.test(value) ? value : undefined;
  };
  const etag = usable("etag");
  const lastModified = usable("last-modified");
  return { ...(etag !== undefined && { etag }), ...(lastModified !== undefined && { lastModified }), digest };
}

/** Headers that ask for the list only if it is no longer the held one. */
function conditionsOf(held: HeldList | undefined): Readonly<Record<string, string>> {
  const { etag, lastModified } = held?.validators ?? {};
  return {
    ...(etag !== undefined && { "if-none-match": etag }),
    ...(lastModified !== undefined && { "if-modified-since": lastModified }),
  };
}
