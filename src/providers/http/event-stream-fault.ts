import type { ProviderError, ProviderId } from "../provider.js";
import { plainError } from "./provider-fault.js";

/** What a proxy or a wrong address sends with 200 instead of a stream; the SDKs would read it as an empty answer. */
export function eventStreamFault(provider: ProviderId, response: Response): ProviderError | undefined {
  const type = response.headers.get("content-type") ?? "";
  if (/html|xml/i.test(type)) {
    return plainError(provider, "malformed", "sent a web page instead of an answer; check its base URL");
  }
  return /json/i.test(type) ? plainError(provider, "malformed", "sent one object instead of a stream") : undefined;
}
