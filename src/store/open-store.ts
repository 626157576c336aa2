import { StartupError } from "../base/errors.js";
import type { Store, StoreDefinition, StoreOptions } from "./store.js";

/**
 * Opens the store that a URL names.
 * @throws {StartupError} for an unknown scheme, or a store that cannot be used
 */
export async function openStore(
  url: string,
  definitions: readonly StoreDefinition[],
  options: StoreOptions = {},
): Promise<Store> {
  const scheme = url.slice(0, url.indexOf("://"));
  const definition = definitions.find(({ schemes }) => schemes.includes(scheme));
  if (definition === undefined) throw new StartupError(`STORE_URL: there is no store for ${scheme}://`);
  return definition.open(url, options);
}
