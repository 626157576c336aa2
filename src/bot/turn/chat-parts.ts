import type { HostConfig } from "../../base/config-host.js";
import type { Preference } from "../../refresh/choose/default-model.js";
import { createCircuitBreaker } from "../../usage/circuit-breaker.js";
import { createMessageLimits } from "../../usage/message-limits.js";
import { createModelFacts } from "../../usage/model-facts.js";
import { createProviderSlots } from "../../usage/provider-slots.js";
import { createRecentImages } from "../prompt/recent-images.js";
import { createAnswerControls } from "./answer-controls.js";
import type { ChatDeps } from "./chat-deps.js";

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
