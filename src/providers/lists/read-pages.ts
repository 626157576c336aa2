import { conditionsOf, groundless, NOT_MODIFIED, validatorsOf } from "../http/validators.js";
import { type HeldList, type ListValidators, ProviderError, type ProviderId } from "../provider.js";
import type { ListReader } from "./list-reader.js";
import { MAX_LIST_BYTES, MAX_MODELS, MAX_PAGES, type Row } from "./model-rows.js";

export interface Page {
  readonly rows: readonly unknown[];
  /** Where the next page begins; undefined on the last one. */
  readonly next?: string | undefined;
}

/** Which page, and what to ask it with; answers 200 or 304, or throws. */
export type FetchPage = (after: string | undefined, conditions: Readonly<Record<string, string>>) => Promise<Response>;

export interface PagesTerms {
  readonly reader: ListReader;
  readonly fetchPage: FetchPage;
  readonly parsePage: (body: unknown) => Page | undefined;
  readonly held?: HeldList | undefined;
  readonly signal: AbortSignal;
}

/** A whole list. `validators` are there where one page was all of it: one page's say nothing about the others. */
export interface ReadPages {
  readonly rows: readonly unknown[];
  readonly validators?: ListValidators | undefined;
}

/**
 * All rows of a list, page by page, within bounds; or that it is still the held one.
 * @throws {ProviderError} `malformed` where the list is no list, too large, or has no end
 */
export async function readPages(provider: ProviderId, terms: PagesTerms): Promise<ReadPages | "unchanged"> {
  const { reader, fetchPage, parsePage, held, signal } = terms;
  const malformed = (what: string) => new ProviderError(provider, "malformed", `${provider} ${what}`);
  const rows: unknown[] = [];
  const seen = new Set<string>();
  let after: string | undefined;
  let bytesLeft = MAX_LIST_BYTES;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const asked = pages === 0 ? held : undefined;
    const response = await fetchPage(after, conditionsOf(asked));
    if (response.status === NOT_MODIFIED) {
      if (asked === undefined) throw groundless(provider);
      return "unchanged";
    }
    const read = await reader.read(response, { maxBytes: bytesLeft, known: asked?.validators.digest, signal });
    if (read.kind === "known") return "unchanged";
    bytesLeft -= read.bytes;
    const page = read.kind === "json" ? parsePage(read.body) : undefined;
    if (page === undefined || read.kind === "no-json") {
      const isPage = read.kind === "no-json" && read.isPage;
      throw malformed(isPage ? "sent a web page instead of its model list; check its base URL" : "sent no model list");
    }
    for (const row of page.rows) rows.push(row);
    if (rows.length > MAX_MODELS) throw malformed(`sent a model list of more than ${MAX_MODELS} models`);
    if (page.next === undefined || page.rows.length === 0) {
      return { rows, validators: pages === 0 ? validatorsOf(response, read.digest) : undefined };
    }
    if (seen.has(page.next)) throw malformed("sent the same page of its model list again and again");
    seen.add(page.next);
    after = page.next;
  }
  throw malformed(`sent a model list of more than ${MAX_PAGES} pages`);
}

/** The list's rows as `{"data": […]}` or bare, with OpenAI's and Anthropic's way to name the next page. */
export function parseListPage(body: unknown): Page | undefined {
  if (Array.isArray(body)) return { rows: body };
  const { data, has_more: hasMore, last_id: lastId } = (body ?? {}) as Row;
  if (!Array.isArray(data)) return undefined;
  return { rows: data, next: hasMore === true && typeof lastId === "string" ? lastId : undefined };
}
