import type { ImagePart } from "../provider.js";

/** An image as JSON can carry it. */
export const base64Of = ({ bytes }: ImagePart): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
