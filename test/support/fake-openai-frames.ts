import { type ChatBody, type Frames, lastText } from "./fake-vendor.js";

/** A streamed chat as OpenAI writes it. */
export function openAiFrames(body: ChatBody): Frames {
  const frame = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
  const model = String(body.model);
  const about = { id: "chatcmpl-fake", object: "chat.completion.chunk", created: 1_700_000_000, model };
  const wantsUsage = (body.stream_options as { include_usage?: boolean } | undefined)?.include_usage === true;
  const chunk = (delta: object, reason: string | null = null) =>
    frame({
      ...about,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
      ...(wantsUsage && { usage: null }),
    });
  let written = "";
  return {
    begin: () => chunk({ role: "assistant", content: "", refusal: null }),
    text: (words) => {
      written += words;
      return chunk({ content: words });
    },
    reasoning: (words) => chunk({ reasoning_content: words }),
    keepAlive: () => ": keep-alive\n\n",
    error: ({ message = "The server had an error.", type = "server_error", code = null }) =>
      frame({ error: { message, type, param: null, code } }),
    finish(reason) {
      const input = Math.ceil(lastText(body).length / 4) + 1;
      const output = Math.ceil(written.length / 4);
      const usage = {
        prompt_tokens: input,
        completion_tokens: output,
        total_tokens: input + output,
        prompt_tokens_details: { cached_tokens: 1 },
      };
      return `${chunk({}, reason)}${wantsUsage ? frame({ ...about, choices: [], usage }) : ""}data: [DONE]\n\n`;
    },
  };
}
