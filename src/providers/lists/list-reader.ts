import type { Clock } from "../../base/clock.js";
import { AppError } from "../../base/errors.js";
import { guardedFetch } from "../http/guarded-fetch.js";
import { ProviderError, type ProviderId } from "../provider.js";
import { createListThread, type ListThread } from "./list-thread.js";
import { MAX_LIST_BYTES, MAX_MODELS } from "./model-rows.js";

/** A page of a list: the known one, JSON with what is read of it, or no JSON at all. `bytes`: of its decoded body. */
export type ReadPage =
  | { readonly kind: "known"; readonly bytes: number }
  | { readonly kind: "json"; readonly body: unknown; readonly digest?: string; readonly bytes: number }
  | { readonly kind: "no-json"; readonly isPage: boolean; readonly bytes: number };

export interface PageTerms {
  readonly maxBytes: number;
  /** Digest of a page that need not be read again. */
  readonly known?: string | undefined;
  readonly signal: AbortSignal;
}

/** Reads the pages of one provider's list in another thread: no list, whatever its size, holds up what else goes on. */
export interface ListReader {
  /** For whoever asks for the pages: what `read()` reads has to come from here. */
  readonly fetch: typeof globalThis.fetch;
  /**
   * @throws {ProviderError} `malformed` when it is larger than allowed, or cannot be read
   * @throws what fetch throws when the connection breaks @throws signal.reason when aborted
   */
  read(response: Response, terms: PageTerms): Promise<ReadPage>;
}

/** `fields`: what is read of a row, see `ParseTerms`. */
export function createListReader(
  provider: ProviderId,
  fields: readonly string[],
  { clock, listThread }: { readonly clock: Clock; readonly listThread?: ListThread | undefined },
): ListReader {
  const thread = listThread ?? createListThread({ clock });
  const malformed = (what: string, cause?: unknown) =>
    new ProviderError(provider, "malformed", `${provider} sent a model list ${what}`, { cause });

  return {
    fetch: guardedFetch(thread.fetch),
    async read(response, terms) {
      const page = await thread.read(response, { ...terms, fields, maxRows: MAX_MODELS }).catch((error: unknown) => {
        terms.signal.throwIfAborted();
        throw error instanceof AppError ? malformed("that could not be read", error) : error;
      });
      if (page.kind === "too-large") throw malformed(`of more than ${MAX_LIST_BYTES} bytes`);
      if (page.kind === "too-long") throw malformed(`of more than ${MAX_MODELS} models`);
      const { bytes } = page;
      if (page.kind === "no-list") return { kind: "json", body: page.body, bytes };
      if (page.kind !== "list") return page;
      const { field, rest, rows, digest } = page;
      return { kind: "json", body: field === null ? rows : { ...rest, [field]: rows }, digest, bytes };
    },
  };
}
