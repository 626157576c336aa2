import { createHash } from "node:crypto";
import { type ProviderDeps, ProviderError, type ProviderId } from "../provider.js";
import { createListThread, type ListThread } from "./list-thread.js";
import { MAX_LIST_BYTES, MAX_MODELS } from "./model-rows.js";

/** A page of a list as it came: the known one, JSON (larger ones with what is read of it only), or no JSON at all. */
export type ReadPage =
  | { readonly kind: "known"; readonly bytes: number }
  | { readonly kind: "json"; readonly body: unknown; readonly digest?: string; readonly bytes: number }
  | { readonly kind: "no-json"; readonly isPage: boolean; readonly bytes: number };

export interface ReadTerms {
  readonly maxBytes: number;
  /** Digest of a page that need not be read again. */
  readonly known?: string | undefined;
  readonly signal: AbortSignal;
}

export interface ListReader {
  /** @throws {ProviderError} `malformed` when it is larger than allowed, or cannot be read @throws signal.reason */
  read(response: Response, terms: ReadTerms): Promise<ReadPage>;
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

  async function readThere(
    pieces: readonly Uint8Array[],
    bytes: number,
    { known, signal }: ReadTerms,
  ): Promise<ReadPage> {
    const found = await thread(pieces, { fields, maxRows: MAX_MODELS, known, signal }).catch((error) => {
      signal.throwIfAborted();
      throw new ProviderError(provider, "malformed", `${provider} sent a model list that could not be read`, {
        cause: error,
      });
    });
    if (found.kind === "known" || found.kind === "no-json") return { ...found, bytes };
    if (found.kind === "no-list") return { kind: "json", body: found.body, bytes };
    if (found.kind === "too-long") throw malformed(`of more than ${MAX_MODELS} models`);
    const { field, rest, rows, digest } = found;
    return { kind: "json", body: field === null ? rows : { ...rest, [field]: rows }, digest, bytes };
  }

  return {
    async read(response, terms) {
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      for await (const piece of response.body ?? []) {
        bytes += piece.byteLength;
        if (bytes > terms.maxBytes) throw malformed(`of more than ${MAX_LIST_BYTES} bytes`);
        pieces.push(piece);
      }
      return bytes > MAX_BYTES_HERE ? readThere(pieces, bytes, terms) : readHere(Buffer.concat(pieces), terms.known);
    },
  };
}

/** Tells a body from any other. */
const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64");

function readHere(body: Uint8Array, known: string | undefined): ReadPage {
  const { byteLength: bytes } = body;
  const digest = digestOf(body);
  if (digest === known) return { kind: "known", bytes };
  const text = new TextDecoder().decode(body);
  try {
    return { kind: "json", body: JSON.parse(text), digest, bytes };
  } catch {
    return { kind: "no-json", isPage: text.trimStart().startsWith("<"), bytes }; // the caller says so, without quoting it
  }
}
