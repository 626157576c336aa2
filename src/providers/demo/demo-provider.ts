import { type ChatEvent, type ChatRequest, type Provider, ProviderError } from "../provider.js";
import type { ProviderDeps } from "../provider-definition.js";
import { demoAnswer, demoThought } from "./demo-answer.js";
import { DEMO_THINKER, demoModels } from "./demo-models.js";

/** Fast enough not to bore, slow enough that streaming is seen. */
const WORD_DELAY_MS = 15;

/** About 4 characters make a token of English. */
const estimateTokens = (text: string) => Math.ceil(text.length / 4);

/** A provider without a network: it streams a made-up answer word by word and says that it is a demo. */
export function createDemoProvider({ clock }: Pick<ProviderDeps, "clock">): Provider {
  async function* say(type: "text-delta" | "reasoning-delta", text: string, signal: AbortSignal) {
    // White space travels with the word before it, so that the pieces add up to the text.
    for (const word of text.match(/\s*\S+\s*/g) ?? []) {
      await clock.sleep(WORD_DELAY_MS, signal);
      yield { type, text: word } as const;
    }
  }

  return {
    id: "demo",
    listModels: async (signal) => {
      signal.throwIfAborted();
      return demoModels;
    },
    async *streamChat(request: ChatRequest, signal: AbortSignal): AsyncIterable<ChatEvent> {
      signal.throwIfAborted();
      const model = demoModels.find((candidate) => candidate.id === request.model);
      if (model === undefined) {
        throw new ProviderError("demo", "unknown-model", `demo does not know the model "${request.model}"`);
      }
      const thought = model.id === DEMO_THINKER ? demoThought(request) : "";
      const answer = demoAnswer(request, model.name);
      yield* say("reasoning-delta", thought, signal);
      yield* say("text-delta", answer, signal);
      const asked = [request.system ?? "", ...request.messages.map((message) => message.content)].join("\n");
      const usage = { inputTokens: estimateTokens(asked), outputTokens: estimateTokens(thought + answer) };
      yield { type: "finish", reason: "stop", usage, model: model.id };
    },
  };
}
