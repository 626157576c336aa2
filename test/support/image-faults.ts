/** What an image's first bytes say that it is; undefined for anything that vision models do not take. */
function typeOf(bytes: Buffer): string | undefined {
  if (bytes.subarray(0, 8).equals(Buffer.from("\x89PNG\r\n\x1a\n", "latin1"))) return "image/png";
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return "image/jpeg";
  const text = bytes.toString("latin1", 0, 12);
  if (/^GIF8[79]a/.test(text)) return "image/gif";
  return /^RIFF.{4}WEBP/s.test(text) ? "image/webp" : undefined;
}

/** Strictly: with its padding, and nothing else in it. */
const decode = (base64: string): Buffer | undefined => {
  const bytes = Buffer.from(base64, "base64");
  return bytes.length > 0 && bytes.toString("base64") === base64 ? bytes : undefined;
};

/** What is wrong with an image's base64 data; undefined where it is of the type that it is said to be. */
export function imageFault(mediaType: string, base64: string): "encoding" | "format" | "type" | undefined {
  const bytes = decode(base64);
  if (bytes === undefined) return "encoding";
  const actual = typeOf(bytes);
  if (actual === undefined) return "format";
  return actual === mediaType ? undefined : "type";
}

/** Every image_url in the messages of an OpenAI-compatible chat. */
export function imageUrls(body: unknown): readonly string[] {
  const { messages } = body as { messages?: readonly { content?: unknown }[] };
  return (messages ?? []).flatMap(({ content }) =>
    Array.isArray(content) ? content.flatMap((part) => (part.type === "image_url" ? [part.image_url.url] : [])) : [],
  );
}
