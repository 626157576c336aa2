import type { HostConfig } from "../config-host.js";
import type { Preference } from "../refresh/default-model.js";
import { createCircuitBreaker } from "../usage/circuit-breaker.js";
import { createMessageLimits } from "../usage/message-limits.js";
import { createModelFacts } from "../usage/model-facts.js";
import { createProviderSlots } from "../usage/provider-slots.js";
import { createAnswerControls } from "./answer-controls.js";
import type { ChatDeps } from "./chat-deps.js";
import { createRecentImages } from "./recent-images.js";

type Parts = "limits" | "slots" | "breaker" | "modelFacts" | "images" | "controls" | "chat";

/** What a chat keeps in memory for itself, as the host's settings want it. */
export function createChatParts(
  { clock, refresher }: Pick<ChatDeps, "clock" | "refresher">,
  config: Pick<HostConfig, "limits" | "chat"> & { readonly providers: readonly Preference[] },
): Pick<ChatDeps, Parts> {
  return {
    limits: createMessageLimits(config.limits, clock),
    slots: createProviderSlots(config.limits.providerConcurrency),
    breaker: createCircuitBreaker(clock),
    modelFacts: createModelFacts(),
    images: createRecentImages(),
    controls: createAnswerControls({ snapshot: () => refresher.snapshot(), setups: config.providers }),
    chat: config.chat,
  };
}
