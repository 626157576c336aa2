// SQLite's write-ahead log, read from its file.
import { readFileSync } from "node:fs";

/** https://www.sqlite.org/fileformat2.html#walformat */
const HEADER_BYTES = 32;
export const FRAME_BYTES = 24;
const PAGE_SIZE_AT = 8;
const SALT_AT = { header: 16, frame: 8 };

/** The frames in a log's file, also those of the log before that were not overwritten yet. */
export function readLog(file) {
  const log = readFileSync(file);
  const pageBytes = log.readUInt32BE(PAGE_SIZE_AT);
  const saltAt = (at) => log.toString("hex", at, at + 8);
  const salt = saltAt(SALT_AT.header);
  const frames = [];
  for (let at = HEADER_BYTES; at + FRAME_BYTES + pageBytes <= log.length; at += FRAME_BYTES + pageBytes)
    frames.push({ salt: saltAt(at + SALT_AT.frame), page: log.readUInt32BE(at), isEnd: log.readUInt32BE(at + 4) > 0 });
  const length = frames.findIndex((frame) => frame.salt !== salt);
  return { pageBytes, salt, frames, length: length === -1 ? frames.length : length };
}

/** What was written between two looks at a log. */
export function framesBetween(before, after) {
  const { frames, length, salt } = after;
  if (salt === before.salt) return frames.slice(before.length, length);
  const earlier = frames.slice(Math.max(before.length, length)).filter((frame) => frame.salt === before.salt);
  return [...earlier, ...frames.slice(0, length)];
}
