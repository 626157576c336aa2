/** Embeddings, speech, pictures, moderation and the like, in the ids of all vendors. */
const OTHER_KINDS = new RegExp(
  [
    "embed|rerank|whisper|(^|[-/_.])(tts|asr|t2v|i2v|t2i)([-_.\\d]|$)|speech|audio|transcri|orpheus|moderation",
    "(?<!safe)guard|shieldgemma|parakeet|cogview|cogvideo|seedream|seedance|ideogram|recraft|kling-v",
    "dall-e|image|imagine|(^|[-/_.])(sora|veo|lyria|aqa|ocr|clip|flux)([-_.\\d]|$)|stable-diffusion|sdxl|video",
    "realtime|-live-|deep-research|computer-use|bge-|(^|[/-])e5-|minilm",
  ].join("|"),
  "i",
);

/** OpenAI's own: legacy completions, and what answers on the Responses API only. */
const OPENAI_OTHER_KINDS = /^(text-)?(davinci|babbage|curie|ada)\b|-instruct|codex|-pro(-|$)|^sora/i;

/** True unless the id says that the model is not for chat: a new family is offered rather than hidden. */
export const isChatModel = (id: string): boolean => !OTHER_KINDS.test(id);

/** Judges an id of OpenAI's own mixed list; a fine-tuned model is what its base is, whatever its owner called it. */
export function isOpenAiChatModel(id: string): boolean {
  const base = /^ft:([^:]+)/.exec(id)?.[1] ?? id;
  return isChatModel(base) && !OPENAI_OTHER_KINDS.test(base);
}
