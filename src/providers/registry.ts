import { demo } from "./demo.js";
import type { ProviderDefinition } from "./provider.js";

/** Every provider that this bot knows. The order decides whose model a new conversation gets. */
export const providerDefinitions: readonly ProviderDefinition[] = [demo];
