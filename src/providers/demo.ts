import { define } from "../base/config/config.js";
import { flag } from "../base/config/variables.js";
import type { ProviderSetup } from "./provider-definition.js";

/** Answers offline, so that a fresh clone shows something without any key. */
export const demo = define({
  id: "demo",
  variables: {
    DEMO_PROVIDER: flag({
      about: "the built-in demo, which answers offline; on when no other provider is configured",
      example: "false",
    }),
  },
  configure: ({ DEMO_PROVIDER }, { configured }): readonly ProviderSetup[] => {
    if (!(DEMO_PROVIDER ?? configured.length === 0)) return [];
    return [
      {
        id: "demo",
        baseUrl: "demo:",
        preferredFamilies: ["evergreen-demo"],
        load: async (deps) => (await import("./demo/demo-provider.js")).createDemoProvider(deps),
      },
    ];
  },
});
