import { createHash } from "node:crypto";

/** Length of a person's key in bytes: enough that no two people share one. */
const KEY_BYTES = 15;

/** Stands for a person in rows that count: the same in all of them, and nothing that names the person. */
export const personKey = (platform: string, id: string): string =>
  createHash("sha256").update(`${platform}:${id}`).digest().subarray(0, KEY_BYTES).toString("base64url");
