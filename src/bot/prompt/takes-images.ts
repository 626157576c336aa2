/**
 * Families of models that take images, by what follows a vendor's prefix ("meta-llama/", "us.anthropic.") in their
 * ids, in lower case. Compared with the lists of models.dev and OpenRouter as an open-source client carried them in 2026
 * (969 rows); newer versions of a family are taken to see what the older ones saw.
 */
const SEEING: readonly RegExp[] = [
  /^(chatgpt-4o|gpt-4o|gpt-4\.[15]|gpt-4-turbo(?!-preview)|gpt-[5-9]|gpt-(chat-)?latest)/,
  /^(o1(?!-(mini|preview))|o3(?!-mini)|o[4-9])(-|$)/,
  /^claude-(?!v?[12]\b|v?2\.|instant)/,
  /^gemini-(?!1\.0)/,
  /^gemma-?([4-9]|3(?!n|[-:](1b|270m)))/,
  /^grok-[4-9]/,
  /^(meta-)?llama-?4/,
  /^(pixtral|mistral-medium|mistral-large-(latest|2512|3)|mistral-small-?(latest|3\.[1-9]|250[3-9]|26)|ministral-(3(-\d|:|$)|.*2512))/,
  /^qwen-?3\.[5-9](?!.*max)/,
  /^glm-[\d.]+v/,
  /^kimi-(latest|k2\.[5-9])/,
  // By what a model is called whose makers have others that do not see: "qwen3-vl-8b", "qwen2.5vl:7b", "llama3.2-vision".
  /llava|vision|multimodal|moondream|minicpm-v|internvl|(^|[-_.\d])vl([-_:.\d]|$)|[-_]omni/,
];

/** Siblings of seeing families that hear, speak, draw, only write code or look things up. */
const BLIND = /audio|realtime|transcribe|tts|image|search-(preview|api)|embed|guard|grok-code/;

/**
 * Whether a model may be sent images: what its provider says, else what its family is known for. Where neither is known,
 * none are sent, because most services refuse the whole question then.
 * @param input as a model list or a table of models gives it: "text", "image"
 */
export function takesImages(model: string, input: readonly string[] | undefined): boolean {
  if (input !== undefined) return input.includes("image");
  // A fine-tuned model is what its base is: "ft:gpt-4o-2024-08-06:org::id".
  const id = (/^ft:([^:]+)/.exec(model)?.[1] ?? model).toLowerCase();
  const name = id.slice(id.lastIndexOf("/") + 1).replace(/^([a-z]+\.)+(?=[a-z])/, "");
  return !BLIND.test(name) && SEEING.some((family) => family.test(name));
}
