import type { HeaderWindow } from "../http/quota-tables.js";
import type { ChatMessage, ChatRequest, ProviderId } from "../provider.js";
import type { Quirks } from "./adapt-request.js";
import type { AnswerDraft } from "./answer-draft.js";

/** One vendor's way to write a chat request and to read the answer. */
export interface ChatWire {
  readonly provider: ProviderId;
  readonly key: string | undefined;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What its headers tell of quotas. */
  readonly quotaHeaders: readonly HeaderWindow[];
  /** Whether a list came with the same key. */
  hasListed(): boolean;
  maxOutputTokens(request: ChatRequest, quirks: Quirks): number | undefined;
  body(request: ChatRequest, quirks: Quirks): object;
  /** Takes one event in, or a whole answer; `name` is the event's own, "" where it has none. */
  read(event: unknown, draft: AnswerDraft, name: string): void;
}

const IMAGE_NOTE = "(An image stood here, which this model does not take.)";

/**
 * Brings a conversation into a form that every server takes: no blank messages, user and assistant in turns, the user
 * first; and with what this model has refused before left out.
 */
export function acceptedRequest(request: ChatRequest, quirks: Quirks): ChatRequest {
  const { maxImages, foldsSystem, maxChars } = quirks;
  const taken = maxImages === undefined ? request.messages : newestImages(request.messages, maxImages);
  const messages = inTurns(maxChars === undefined ? taken : newest(request, taken, maxChars));
  const { system, ...others } = request;
  if (!system?.trim()) return { ...others, messages };
  const [first, ...following] = messages;
  if (!foldsSystem || first === undefined) return { ...request, messages };
  const content = [system, first.content].filter((text) => text !== "").join("\n\n");
  return { ...others, messages: [{ ...first, content }, ...following] };
}

function newestImages(messages: readonly ChatMessage[], most: number): readonly ChatMessage[] {
  let left = most;
  return messages
    .toReversed()
    .map(({ images = [], ...message }): ChatMessage => {
      const kept = left > 0 ? images.slice(-left) : [];
      left -= kept.length;
      const note = kept.length < images.length ? IMAGE_NOTE : "";
      const content = [message.content, note].filter((text) => text !== "").join("\n\n");
      return { ...message, content, ...(kept.length > 0 && { images: kept }) };
    })
    .toReversed();
}

/** The newest messages that fit, and always the last one. */
function newest(request: ChatRequest, messages: readonly ChatMessage[], maxChars: number): readonly ChatMessage[] {
  let left = maxChars - (request.system?.length ?? 0);
  let from = messages.length;
  while (from > 0) {
    left -= messages[from - 1]?.content.length ?? 0;
    if (left < 0 && from < messages.length) break;
    from -= 1;
  }
  return messages.slice(from);
}

function inTurns(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const turns: ChatMessage[] = [];
  for (const message of messages) {
    const { images = [] } = message;
    if (message.content.trim() === "" && (images.length === 0 || message.role === "assistant")) continue;
    const last = turns.at(-1);
    if (last === undefined && message.role === "assistant") continue;
    if (last?.role !== message.role) turns.push(message);
    else turns[turns.length - 1] = joined(last, message);
  }
  return turns;
}

function joined(first: ChatMessage, second: ChatMessage): ChatMessage {
  const images = [...(first.images ?? []), ...(second.images ?? [])];
  const content = [first.content, second.content].filter((text) => text.trim() !== "").join("\n\n");
  return { role: first.role, content, ...(images.length > 0 && { images }) };
}
