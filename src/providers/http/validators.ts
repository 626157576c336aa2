import { type HeldList, type ListValidators, ProviderError, type ProviderId } from "../provider.js";

/** What a provider answers when the list that it is asked for is still the one that it gave. */
export const NOT_MODIFIED = 304;

/** A validator is sent back as it came, so it has to be short and printable; others are no use. */
const USABLE = /^[\x20-\x7e]{1,500}$/;

/** What an answer gives to tell later whether it still holds (RFC 9110, section 8.8); `digest`: of its body. */
export function validatorsOf({ headers }: Response, digest?: string): ListValidators {
  const etag = usable(headers.get("etag"));
  const lastModified = usable(headers.get("last-modified"));
  return {
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { lastModified }),
    ...(digest !== undefined && { digest }),
  };
}

const usable = (value: string | null) => (value !== null && USABLE.test(value) ? value : undefined);

/** Headers that ask for the list only if it is no longer the held one. */
export function conditionsOf(held: HeldList | undefined): Readonly<Record<string, string>> {
  const { etag, lastModified } = held?.validators ?? {};
  return {
    ...(etag !== undefined && { "if-none-match": etag }),
    ...(lastModified !== undefined && { "if-modified-since": lastModified }),
  };
}

/** The vendors' SDKs throw on 304, which is an answer here. @throws the error that it was given, where it is another */
export function notModified(error: unknown): Response {
  const isIt = typeof error === "object" && error !== null && "status" in error && error.status === NOT_MODIFIED;
  if (!isIt) throw error;
  return new Response(null, { status: NOT_MODIFIED });
}

/** What an "unchanged" is to somebody who has asked for no comparison. */
export const groundless = (provider: ProviderId) =>
  new ProviderError(provider, "malformed", `${provider} said that its model list is unchanged without being asked`, {
    status: NOT_MODIFIED,
  });
