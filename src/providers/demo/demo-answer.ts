import type { ChatRequest } from "../provider.js";

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
