import { type ProviderDeps, ProviderError, type ProviderId } from "../provider.js";
import { createListThread, type ListThread } from "./list-thread.js";
import { MAX_LIST_BYTES, MAX_MODELS } from "./model-rows.js";

/** A page of a list as it came: JSON (larger ones with what is read of it only), or no JSON at all. */
export type ReadPage =
  | { readonly body: unknown; readonly bytes: number }
  | { readonly body: undefined; readonly isPage: boolean; readonly bytes: number };

export interface ListReader {
  /** @throws {ProviderError} `malformed` when it is larger than allowed, or cannot be read @throws signal.reason */
  read(response: Response, terms: { readonly maxBytes: number; readonly signal: AbortSignal }): Promise<ReadPage>;
}

/** What takes longer than a moment to parse is read in another thread. */
const MAX_BYTES_HERE = 256 * 1024;

/** Reads the pages of one provider's list; no list, whatever its size, holds up what else goes on. */
export function createListReader(
  provider: ProviderId,
  fields: readonly string[],
  { clock, listThread }: Pick<ProviderDeps, "clock" | "listThread">,
): ListReader {
  const thread: ListThread = listThread ?? createListThread({ clock });
  const malformed = (what: string) => new ProviderError(provider, "malformed", `${provider} sent a model list ${what}`);

  async function readThere(pieces: readonly Uint8Array[], bytes: number, signal: AbortSignal): Promise<ReadPage> {
    const found = await thread(pieces, { fields, maxRows: MAX_MODELS, signal }).catch((error) => {
      signal.throwIfAborted();
      throw new ProviderError(provider, "malformed", `${provider} sent a model list that could not be read`, {
        cause: error,
      });
    });
    if (found.kind === "no-json") return { body: undefined, isPage: found.isPage, bytes };
    if (found.kind === "no-list") return { body: found.body, bytes };
    if (found.kind === "too-long") throw malformed(`of more than ${MAX_MODELS} models`);
    const { field, rest, rows } = found;
    return { body: field === null ? rows : { ...rest, [field]: rows }, bytes };
  }

  return {
    async read(response, { maxBytes, signal }) {
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      for await (const piece of response.body ?? []) {
        bytes += piece.byteLength;
        if (bytes > maxBytes) throw malformed(`of more than ${MAX_LIST_BYTES} bytes`);
        pieces.push(piece);
      }
      return bytes > MAX_BYTES_HERE ? readThere(pieces, bytes, signal) : readHere(pieces, bytes);
    },
  };
}

function readHere(pieces: readonly Uint8Array[], bytes: number): ReadPage {
  const text = new TextDecoder().decode(Buffer.concat(pieces));
  try {
    return { body: JSON.parse(text), bytes };
  } catch {
    return { body: undefined, isPage: text.trimStart().startsWith("<"), bytes }; // the caller says so, without quoting it
  }
}
