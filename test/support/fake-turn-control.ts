import type { TurnControl } from "../../src/commands/command-deps.js";

/** A chat in which nothing runs and nothing was asked, but for what a test gives it. */
export const fakeTurnControl = (given: Partial<TurnControl> = {}): TurnControl => ({
  stop: async () => "nothing-runs",
  retry: async () => ({ kind: "nothing-asked" }),
  openThread: async () => "<#thread>",
  forget: async () => 0,
  ...given,
});
