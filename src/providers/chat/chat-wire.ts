import type { HeaderWindow } from "../http/quota-tables.js";
import type { ChatRequest, ProviderId } from "../provider.js";
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
