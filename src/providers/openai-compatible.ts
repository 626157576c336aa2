import { type ConfigureContext, define } from "../base/config/config.js";
import { baseUrlFault, list, secretFault } from "../base/config/variables.js";
import { liteLlmKey, moonshotBalance } from "./http/quota-endpoints.js";
import { loadCompatible } from "./preset.js";
import type { ProviderSetup } from "./provider-definition.js";

const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/** Any further endpoint that speaks OpenAI's wire format: vLLM, LM Studio, LiteLLM, Azure, a gateway. */
export const openaiCompatible = define({
  id: "openai-compatible",
  variables: {
    OPENAI_COMPATIBLE: {
      ...list({
        about: "further endpoints that speak OpenAI's format, separated by commas; the key may be left out",
        example: "name=https://host/v1|KEY",
        item: /[\s\S]/,
      }),
      isSecret: true,
    },
  },
  configure: ({ OPENAI_COMPATIBLE: entries }, context): readonly ProviderSetup[] => {
    const taken = new Set(context.builtIn);
    return entries.flatMap((entry, index) => {
      const endpoint = readEntry(entry, `entry ${index + 1}`, context, taken);
      if (endpoint === undefined) return [];
      taken.add(endpoint.id);
      return [
        {
          ...endpoint,
          keyVariable: "OPENAI_COMPATIBLE",
          addressVariable: "OPENAI_COMPATIBLE",
          preferredFamilies: [],
          ...(endpoint.key !== undefined && {
            quotaEndpoints: [liteLlmKey(endpoint.baseUrl), moonshotBalance(endpoint.baseUrl)],
          }),
          load: loadCompatible({ key: undefined, ...endpoint }),
        },
      ];
    });
  },
});

/** Reads `name=address|KEY`; a fault never repeats what may be a key, so an entry goes by its number. */
function readEntry(entry: string, which: string, context: ConfigureContext, taken: ReadonlySet<string>) {
  const fault = (fix: string) => void context.fault("OPENAI_COMPATIBLE", `${which} ${fix}`);
  const [, name = "", address = "", key] = /^([^=|]*)=([^|]*)(?:\|([\s\S]*))?$/.exec(entry) ?? [];
  if (address === "") return fault("must look like name=https://host/v1|KEY (|KEY may be left out)");
  if (!NAME.test(name.trim())) {
    return fault("needs a name of lower-case letters, digits and hyphens that begins with a letter, at most 32 long");
  }
  const id = name.trim();
  if (context.builtIn.includes(id))
    return fault(`must not be named "${id}": that is a built-in provider; choose another name`);
  if (taken.has(id)) return fault(`is the second one named "${id}"; choose another name`);
  const baseUrl = address.trim().replace(/\/+$/, "");
  const addressFault = baseUrlFault(baseUrl);
  if (addressFault !== undefined) return fault(`("${id}"): its address ${addressFault}`);
  const keyFault = key === undefined ? undefined : secretFault(key.trim());
  if (keyFault !== undefined) return fault(`("${id}"): its key ${keyFault}; without a key leave the | out`);
  return { id, baseUrl, ...(key !== undefined && { key: key.trim() }) };
}
