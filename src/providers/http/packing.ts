/** How a body can be packed; `deflate-raw` is without zlib's header, which some servers leave out. */
export type Packing = "gzip" | "deflate" | "deflate-raw" | "br";

const START_BYTES = 64;

/**
 * Returns how a body is packed that begins with these bytes, by its `content-encoding` header; undefined where it is
 * not. Text that only says to be packed is taken as it is, which proxies make that unpack and leave the header.
 * @throws an error with the code `Z_UNKNOWN_ENCODING` where nothing here can unpack it
 */
export function packingOf(header: string | undefined, body: Uint8Array): Packing | undefined {
  const named = (header ?? "").toLowerCase().split(",");
  const encoding = named.map((name) => name.trim()).filter((name) => name !== "" && name !== "identity");
  const start = body.subarray(0, START_BYTES);
  // Some gateways pass packed bytes on and lose the header.
  if (encoding.length === 0 && start[0] === 0x1f && start[1] === 0x8b) return "gzip";
  if (encoding.length === 0 || start.length === 0 || isText(start)) return undefined;
  const [name] = encoding;
  if (encoding.length === 1) {
    if (name === "gzip" || name === "x-gzip") return "gzip";
    if (name === "deflate") return (start[0] ?? 0) % 16 === 8 ? "deflate" : "deflate-raw";
    if (name === "br") return "br";
  }
  throw Object.assign(new Error("unknown encoding"), { code: "Z_UNKNOWN_ENCODING" });
}

/** Packed bytes soon hold a control, or are no UTF-8. */
function isText(start: Uint8Array): boolean {
  if (start.some((byte) => byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d))) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: true }); // its last character may be cut
    return true;
  } catch {
    return false;
  }
}
