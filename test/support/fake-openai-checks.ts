import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { imageFault, imageUrls } from "./image-faults.js";

type Schema = { readonly $defs: Readonly<Record<string, object>> };
const schema = (name: string): Schema =>
  JSON.parse(readFileSync(new URL(`../fixtures/openai-${name}.schema.json`, import.meta.url), "utf8"));

/** Names of the fields that an object schema knows, through its allOf and references. */
function fieldsOf(root: Schema, node: object): readonly string[] {
  const { $ref, allOf = [], properties = {} } = node as { $ref?: string; allOf?: object[]; properties?: object };
  const referred = $ref === undefined ? [] : fieldsOf(root, root.$defs[$ref.slice("#/$defs/".length)] ?? {});
  return [...Object.keys(properties), ...referred, ...allOf.flatMap((part) => fieldsOf(root, part))];
}

/** The description says of an image's address only that it is a text; the service looks at what it holds. */
function urlFault(url: string): string | undefined {
  if (/^https?:\/\//.test(url)) return undefined;
  const [, mediaType, base64] = /^data:(image\/(?:png|jpeg|gif|webp));base64,(.*)$/s.exec(url) ?? [];
  if (mediaType === undefined || base64 === undefined) {
    return "Invalid image_url: expected a base64-encoded data URL with an image MIME type.";
  }
  const fault = imageFault(mediaType, base64);
  // OpenAI looks at the bytes and not at the stated type.
  if (fault === undefined || fault === "type") return undefined;
  return fault === "encoding"
    ? "Invalid base64 image_url."
    : "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].";
}

export interface OpenAiChecks {
  /** What OpenAI would say about a chat's body; undefined where it is in order. */
  chatFault(body: unknown): string | undefined;
  readonly isChunk: (chunk: unknown) => boolean;
  readonly isModelList: (list: unknown) => boolean;
  readonly isError: (error: unknown) => boolean;
}

let compiled: OpenAiChecks | undefined;

/** Checks made from OpenAI's own description of its interface; compiled once, since that takes a moment. */
export function openAiChecks(): OpenAiChecks {
  compiled ??= compile();
  return compiled;
}

function compile(): OpenAiChecks {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const request = schema("chat-request");
  const known = new Set(fieldsOf(request, request));
  const isRequest = ajv.compile(request);
  return {
    chatFault(body) {
      // The description lets unknown fields pass, the service does not.
      const unknown = Object.keys(body ?? {}).find((field) => !known.has(field));
      if (unknown !== undefined) return `Unrecognized request argument supplied: ${unknown}`;
      if (!isRequest(body)) return `Invalid body: ${ajv.errorsText(isRequest.errors).slice(0, 120)}`;
      return imageUrls(body)
        .map(urlFault)
        .find((fault) => fault !== undefined);
    },
    isChunk: ajv.compile(schema("chat-chunk")),
    isModelList: ajv.compile(schema("models")),
    isError: ajv.compile(schema("error")),
  };
}
