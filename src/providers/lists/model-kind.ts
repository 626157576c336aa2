import { type ModelRow, partOf } from "./model-rows.js";

/** Fields of a row in which vendors say what a model is for. */
export const KIND_FIELDS = [
  "active",
  "supports_chat",
  "type",
  "sub_type",
  "task",
  "mode",
  "kind",
  "model_type",
  "pipeline_tag",
  "capabilities",
  "endpoints",
  "supported_endpoints",
  "supported_endpoint_types",
  "supported_generation_methods",
  "supportedGenerationMethods",
  "architecture.modality",
  "architecture.input_modalities",
  "architecture.output_modalities",
  "input_modalities",
  "output_modalities",
  "supported_input_modalities",
  "supported_output_modalities",
  "modalities",
  "modality",
];

/** LM Studio's `llm` and `vlm`, GitHub's `chat-completion`, Hugging Face's tasks, Gemini's methods. */
const CHAT_WORD = new RegExp(
  [
    "^(chat|llm|vlm|responses?|conversational|generate_?content|completions?|messages)$",
    "chat[ _/-]?completion|text[ _-]?generation|[ _-]text[ _-]to[ _-]text|any[ _-]to[ _-]any",
  ].join("|"),
  "i",
);
const OTHER_WORD = new RegExp(
  [
    "embed|rerank|feature[ _-]extraction|similarity|image(?![ _-]to[ _-]text)|picture|audio|speech|voice",
    "tts|stt|asr|transcri",
    "moderation|guard|classif|detection|segmentation|video|music|ocr|translation|(^|[ _-])3d",
    "upscale|inpaint|fill[ _-]mask|ranking",
  ].join("|"),
  "i",
);

/**
 * Returns whether a row says that its model is for chat; undefined where it says nothing, or nothing that is known: a
 * new word for a kind is no reason to hide a model.
 */
export function saysChat(row: ModelRow): boolean | undefined {
  if (row.active === false) return false;
  if (typeof row.supports_chat === "boolean") return row.supports_chat;
  const { type, sub_type, task, mode, kind, model_type, pipeline_tag } = row;
  const capabilities = partOf(row.capabilities);
  const words = [type, sub_type, task, mode, kind, model_type, pipeline_tag, capabilities.type].map(wordOf);
  const byKind = words.map(isChatWord).find((said) => said !== undefined);
  if (byKind !== undefined) return byKind;
  for (const name of ["completion_chat", "chat", "chat_completion", "chat_completions"]) {
    if (typeof capabilities[name] === "boolean") return capabilities[name];
  }
  const { endpoints, supported_endpoints, supported_endpoint_types, supported_generation_methods } = row;
  const named = Object.keys(capabilities).filter((name) => capabilities[name] === true);
  const lists = [
    ...[row.capabilities, endpoints, supported_endpoints, supported_endpoint_types],
    ...[supported_generation_methods, row.supportedGenerationMethods, named],
  ];
  return lists.map(listSaysChat).find((said) => said !== undefined) ?? outputSaysChat(row);
}

const wordOf = (value: unknown): string => {
  const word = typeof value === "string" ? value : partOf(value).name;
  return typeof word === "string" ? word : "";
};

const isChatWord = (word: string): boolean | undefined =>
  CHAT_WORD.test(word) ? true : OTHER_WORD.test(word) ? false : undefined;

/** One that is for chat is enough; without it, all have to be for something else. */
function listSaysChat(value: unknown): boolean | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const said = value.map((word) => isChatWord(String(word).split("/").slice(-2).join("/")));
  if (said.includes(true)) return true;
  return said.every((each) => each === false) ? false : undefined;
}

/** "text+image->text", or lists of both sides. */
function outputSaysChat(row: ModelRow): boolean | undefined {
  const { output_modalities: list, modality = row.modality } = partOf(row.architecture);
  const { output: side } = partOf(row.modalities);
  const output = [list, row.output_modalities, row.supported_output_modalities, side].find(Array.isArray);
  if (output !== undefined) return output.includes("text");
  const written = typeof modality === "string" ? modality.split("->")[1] : undefined;
  return written === undefined ? undefined : written.includes("text");
}

/** Returns what a row says that its model takes beside text; undefined where it says nothing. */
export function inputOf(row: ModelRow): readonly ("text" | "image")[] | undefined {
  const takes = (isImage: boolean) => (isImage ? (["text", "image"] as const) : (["text"] as const));
  const { input_modalities: list, modality = row.modality } = partOf(row.architecture);
  const { input: side } = partOf(row.modalities);
  const input = [list, row.input_modalities, row.supported_input_modalities, side].find(Array.isArray);
  if (input !== undefined) return takes(input.includes("image"));
  if (typeof modality === "string" && modality.includes("->")) return takes(/image.*->/.test(modality));
  const { vision } = partOf(row.capabilities);
  if (typeof vision === "boolean") return takes(vision);
  const isVision = Array.isArray(row.capabilities) && row.capabilities.includes("vision");
  return isVision || row.type === "vlm" ? takes(true) : undefined;
}
