import type { TurnControl } from "../../src/commands/command-deps.js";

/** A chat in which nothing runs and nothing was asked, but for what a test gives it. */
export const fakeTurnControl = (given: Partial<TurnControl> = {}): TurnControl => ({
  stop: async () => "nothing-runs",
  retry: async () => ({ kind: "nothing-asked" }),
  compare: async () => ({ kind: "nothing-asked" }),
  choose: async () => ({ model: { provider: "openai", model: "gpt-5" }, isNew: true, isLeftBehind: false }),
  rate: async () => ({ kind: "unknown" }),
  openThread: async () => "<#thread>",
  forget: async () => 0,
  ...given,
});
