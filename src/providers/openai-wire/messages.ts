import type OpenAI from "openai";
import { base64Of } from "../http/base64.js";
import type { ChatMessage, ChatRequest } from "../provider.js";

type WireMessage = OpenAI.ChatCompletionMessageParam;

/** A conversation as this protocol writes it. Texts stay plain strings, which every compatible server takes. */
export const wireMessages = ({ system, messages }: ChatRequest): WireMessage[] => [
  ...(system ? [{ role: "system", content: system } as const] : []),
  ...messages.map(wireMessage),
];

/** Images come first: models follow what is said of them best when they have seen them. Only a user's are taken. */
function wireMessage({ role, content, images = [] }: ChatMessage): WireMessage {
  if (role === "assistant" || images.length === 0) return { role, content };
  const parts = images.map((image) => {
    const url = `data:${image.mediaType};base64,${base64Of(image)}`;
    return { type: "image_url", image_url: { url } } as const;
  });
  return { role, content: [...parts, ...(content === "" ? [] : [{ type: "text", text: content } as const])] };
}
