import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { BoundedMap } from "./bounded-map.js";

/** A place in a stack trace, as `file:///app/dist/main.js:120:7`. */
const PLACE = /(file:\/\/\/[^\s():]+\.js):(\d+):(\d+)/g;

/** Errors come from the same few places again and again. */
const MAX_READABLE = 1_000;
const readable = new BoundedMap<string, string>(MAX_READABLE);

/**
 * The maps read so far by the file that they belong to, undefined where there is none. A map takes ten megabytes: it
 * stays in memory only until the garbage collector comes.
 */
const maps = new Map<string, WeakRef<SourceMap> | undefined>();

/**
 * A stack trace with places in the sources (`src/app.ts:12:3`) where a built file has a map beside it. Maps are read
 * when the first trace needs them, since Node.js's own `--enable-source-maps` reads them all at every start.
 */
export function readableStack(stack: string): string {
  return stack.replace(PLACE, (place, file: string, line: string, column: string) => {
    const found = readable.get(place) ?? readablePlace(place, file, [Number(line) - 1, Number(column) - 1]);
    readable.set(place, found);
    return found;
  });
}

function readablePlace(place: string, file: string, [line, column]: readonly [number, number]): string {
  const entry = mapOf(file)?.findEntry(line, column);
  if (entry === undefined || !("originalSource" in entry)) return place;
  // The bundler's own code, and some of a library, comes from no source, whatever the types say.
  const from: string | undefined = entry.originalSource;
  if (from === undefined) return place;
  const source = from.replace(/^.*?(?=src\/)/, "");
  return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

function mapOf(file: string): SourceMap | undefined {
  const known = maps.get(file)?.deref();
  if (known !== undefined || (maps.has(file) && maps.get(file) === undefined)) return known;
  const read = readMap(file);
  maps.set(file, read && new WeakRef(read));
  return read;
}

function readMap(file: string): SourceMap | undefined {
  try {
    const path = `${fileURLToPath(file)}.map`;
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : undefined;
  } catch {
    return undefined; // a trace of the built files is better than none
  }
}
