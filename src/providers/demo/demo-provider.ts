import { type ChatEvent, type ChatRequest, type ModelInfo, type Provider, ProviderError } from "../provider.js";
import type { ProviderDeps } from "../provider-definition.js";

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

/** Characters of a question that are repeated back. */
const MAX_QUOTED_CHARS = 300;

function lastQuestion(request: ChatRequest): string {
  const text = request.messages.findLast((message) => message.role === "user")?.content.trim() ?? "";
  const characters = [...text.replace(/\s+/g, " ")];
  return characters.length > MAX_QUOTED_CHARS
    ? `${characters.slice(0, MAX_QUOTED_CHARS).join("")}…`
    : characters.join("");
}

/** What the thinking model of the demo says before it answers. */
export function demoThought(request: ChatRequest): string {
  const count = request.messages.length;
  return (
    `The conversation has ${count} ${count === 1 ? "message" : "messages"}; the last one decides. This ` +
    "is a demo, so I cannot think about it any harder. "
  );
}

/** An answer in Markdown that names its model and repeats the question, so that a switch of models is seen. */
export function demoAnswer(request: ChatRequest, modelName: string): string {
  const questions = request.messages.filter((message) => message.role === "user").length;
  return `This is **${modelName}**, the built-in demo. I answer offline, without a language model behind me.

You asked:

> ${lastQuestion(request) || "(nothing)"}

What you can try here:

- ask something else: this conversation remembers its questions (this was number ${questions})
- pick another model with \`/models use demo/evergreen-thinker\`
- see how fresh the model lists are with \`/models status\`

For real answers put one of these lines into \`.env\` and start again:

\`\`\`sh
OPENAI_API_KEY=…
ANTHROPIC_API_KEY=…
OLLAMA_BASE_URL=http://127.0.0.1:11434
\`\`\`
`;
}

const common = { contextTokens: 32_000, outputTokens: 2_000, inputPrice: 0, outputPrice: 0, isChat: true } as const;

/** Three, so that there is something to switch between. */
export const demoModels = [
  { id: "evergreen-demo", name: "Evergreen Demo", releasedAt: Date.UTC(2026, 10, 1), ...common },
  { id: "evergreen-thinker", name: "Evergreen Thinker", releasedAt: Date.UTC(2026, 9, 1), ...common },
  { id: "evergreen-classic", name: "Evergreen Classic", releasedAt: Date.UTC(2026, 8, 1), ...common },
] as const satisfies readonly ModelInfo[];

/** The one that shows its reasoning before the answer. */
export const DEMO_THINKER = "evergreen-thinker";
