import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/** A place in a stack trace, as `file:///app/dist/main.js:120:7`. */
const PLACE = /(file:\/\/\/[^\s():]+\.js):(\d+):(\d+)/g;

/** The maps read so far by the file that they belong to; undefined where there is none. */
const maps = new Map<string, SourceMap | undefined>();

/**
 * A stack trace with places in the sources (`src/app.ts:12:3`) where a built file has a map beside it. Maps are read
 * when the first trace needs them, since Node.js's own `--enable-source-maps` reads them all at every start.
 */
export function readableStack(stack: string): string {
  return stack.replace(PLACE, (place, file: string, line: string, column: string) => {
    const entry = mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !("originalSource" in entry)) return place;
    const source = entry.originalSource.replace(/^.*?(?=src\/)/, "");
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(file));
  return maps.get(file);
}

function readMap(file: string): SourceMap | undefined {
  try {
    const path = `${fileURLToPath(file)}.map`;
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : undefined;
  } catch {
    return undefined; // a trace of the built files is better than none
  }
}
