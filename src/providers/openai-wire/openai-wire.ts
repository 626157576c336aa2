import type { ProviderId } from "../provider.js";

/** What differs between the vendors that speak this format. */
export interface OpenAiWire {
  readonly id: ProviderId;
  /** With its version, as "https://api.openai.com/v1". */
  readonly baseUrl: string;
  readonly key: string | undefined;
  readonly isChat: (id: string) => boolean;
  /** OpenAI's newer models refuse `max_tokens`, most others know nothing else. */
  readonly tokenLimit: "max_tokens" | "max_completion_tokens";
}
