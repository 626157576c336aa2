import { type Fence, fenceAfterLine, NO_FENCE } from "../../delivery/code-fence.js";

/** Longest words and longest address of a link that is looked at, in UTF-16 code units. */
const MAX_WORDS_CHARS = 1_000;
const MAX_ADDRESS_CHARS = 2_048;
const ADDRESS = /^\s*<?(https?:\/\/(?:[^\s()<>\\]|\([^\s()]*\))+)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*$/i;
/** A host in words: `paypal.com`, `www.paypal.com/login`, `https://paypal.com`. */
const HOST =
  /(?<scheme>https?:\/\/|www\.)?(?<name>(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}[\p{L}\p{N}-]*)/giu;
/** What looks like a host, and is a file or a library more often. */
const FILE_ENDINGS =
  "md js mjs cjs ts tsx jsx json html htm css py rb rs go java php sh c h cpp txt pdf png jpg jpeg gif svg csv xml " +
  "yml yaml toml ini zip";
const FILE_NAME = new RegExp(`\\.(${FILE_ENDINGS.replaceAll(" ", "|")})$`, "i");
/** What a link or code consists of; a piece without any of it is only remembered. */
const SIGNS = /[`\n[()]/;

/** Passes the text of an answer on as it comes, and keeps its links honest. */
export interface LinkWatch {
  /** Returns what to show for the next piece; what was returned before stays as it is. */
  pass(piece: string): string;
}

/**
 * A link whose words name another host than it leads to gets the real one behind it, and an image becomes a plain link:
 * some surfaces fetch images unasked, which tells the owner of the address what was said. Code stays as it is.
 */
export function createLinkWatch(): LinkWatch {
  let fence: Fence = NO_FENCE;
  /** The present paragraph, as far back as a link can reach. */
  let tail = "";
  /** Where the present line begins in `tail`, and where the last "](" ends; -1 without one. */
  let lineFrom = 0;
  let addressFrom = -1;
  /** Backticks that inline code began with, 0 outside of it; and those seen right now. */
  let ticks = 0;
  let run = 0;
  /** Hosts of links in what may be inline code: told at the line's end, if it was none. */
  let untold: string[] = [];

  const forgetBefore = (at: number) => {
    tail = tail.slice(at);
    lineFrom = Math.max(0, lineFrom - at);
    addressFrom = addressFrom < at ? -1 : addressFrom - at;
  };
  const forgetLong = () => {
    if (tail.length > 3 * MAX_ADDRESS_CHARS) forgetBefore(tail.length - MAX_WORDS_CHARS - MAX_ADDRESS_CHARS);
  };
  const endRun = () => {
    if (ticks === 0) ticks = run;
    else if (ticks === run) {
      ticks = 0;
      untold = [];
    }
    run = 0;
  };
  const endLine = (): string => {
    const line = tail.slice(lineFrom);
    const notes = untold.map(noteOf).join("");
    fence = fenceAfterLine(line, fence);
    tail += "\n";
    lineFrom = tail.length;
    if (line.trim() === "" || fence !== undefined) forgetBefore(tail.length);
    ticks = 0;
    untold = [];
    return notes;
  };
  /** The host to tell where a link ends here. */
  const hostHere = (): string | undefined =>
    addressFrom < 0 || tail.length - addressFrom > MAX_ADDRESS_CHARS
      ? undefined
      : lyingHost(wordsBefore(tail, addressFrom - 2), tail.slice(addressFrom, -1));

  return {
    pass(piece) {
      if (run === 0 && !SIGNS.test(piece)) {
        tail += piece;
        forgetLong();
        return piece;
      }
      let shown = "";
      for (const char of piece) {
        if (char === "`") run += 1;
        else if (run > 0) endRun();
        if (char === "\n") {
          shown += `${endLine()}\n`;
          continue;
        }
        const isProse = fence === undefined && ticks === 0 && run === 0;
        if (char === "[" && isProse && /(^|[^\\])!$/.test(tail.slice(-2)))
          shown = shown.endsWith("!") ? shown.slice(0, -1) : `${shown} `;
        tail += char;
        shown += char;
        if (char === "(" && tail.endsWith("](")) addressFrom = tail.length;
        const host = char === ")" && fence === undefined ? hostHere() : undefined;
        if (host !== undefined && ticks > 0) untold.push(host);
        else if (host !== undefined) shown += noteOf(host);
        forgetLong();
      }
      return shown;
    },
  };
}

const noteOf = (host: string) => ` (→ ${host})`;

/** The words between the brackets of which the closing one stands at `end`. */
function wordsBefore(text: string, end: number): string {
  let depth = 1;
  for (let at = end - 1; at >= Math.max(0, end - MAX_WORDS_CHARS); at--) {
    if (text[at] === "]" && text[at - 1] !== "\\") depth += 1;
    if (text[at] === "[" && text[at - 1] !== "\\") depth -= 1;
    if (depth === 0) return text.slice(at + 1, end);
  }
  return "";
}

/** The host that a link leads to, where its words name another one. */
export function lyingHost(words: string, target: string): string | undefined {
  const address = ADDRESS.exec(target)?.[1] ?? "";
  if (!URL.canParse(address)) return undefined;
  const real = new URL(address).hostname;
  const named = [...plain(words).matchAll(HOST)].flatMap(({ groups }) => {
    const name = groups?.name ?? "";
    return groups?.scheme === undefined && FILE_NAME.test(name) ? [] : hostOf(name);
  });
  return named.length === 0 || named.some((name) => isPartOf(real, name)) ? undefined : real;
}

/** Returns words without marks of emphasis and invisible characters, as a reader sees them. */
const plain = (words: string) => words.replace(/[*_~`\\]|[\p{Cf}\p{Cc}]/gu, "");

/** In the form that addresses have: letters of other scripts become their ASCII form. */
const hostOf = (name: string): readonly string[] =>
  URL.canParse(`http://${name}`) ? [new URL(`http://${name}`).hostname] : [];

const isPartOf = (real: string, named: string) => {
  const base = named.replace(/^www\./, "");
  return real === base || real.endsWith(`.${base}`);
};
