import type { ModelInfo } from "../provider.js";

const common = { contextTokens: 32_000, outputTokens: 2_000, inputPrice: 0, outputPrice: 0, isChat: true } as const;

/** Three, so that there is something to switch between. */
export const demoModels = [
  { id: "evergreen-demo", name: "Evergreen Demo", releasedAt: Date.UTC(2026, 10, 1), ...common },
  { id: "evergreen-thinker", name: "Evergreen Thinker", releasedAt: Date.UTC(2026, 9, 1), ...common },
  { id: "evergreen-classic", name: "Evergreen Classic", releasedAt: Date.UTC(2026, 8, 1), ...common },
] as const satisfies readonly ModelInfo[];

/** The one that shows its reasoning before the answer. */
export const DEMO_THINKER = "evergreen-thinker";
