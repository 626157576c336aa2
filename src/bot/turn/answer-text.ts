/** What a model says and, where it is asked for, thinks, as it comes in. The cost of a delta does not grow with the text. */
export interface AnswerText {
  say(delta: string): void;
  /** Shown above what is said, as a quote; left out where it is not asked for. */
  think(delta: string): void;
  /** What was said. */
  said(): string;
  /** Its length in UTF-16 code units. */
  saidChars(): number;
  /** What is shown: each text continues the one before. */
  shown(): string;
}

const BREAK = "\n\n";

/** Nobody reads more of it, and the answer needs its room. */
const MAX_REASONING_CHARS = 20_000;

export function createAnswerText({ showsReasoning }: { readonly showsReasoning: boolean }): AnswerText {
  /** One text for both: a second one that grows by every token is felt in the garbage collector. */
  let shown = "";
  let saidFrom = 0;
  let thought = 0;
  let part: "answer" | "reasoning" | undefined;

  const open = (next: "answer" | "reasoning") => {
    if (part === next) return;
    if (part !== undefined) shown += BREAK;
    if (next === "reasoning") shown += "> ";
    part = next;
  };
  return {
    say(delta) {
      if (delta === "") return;
      // The white space that an answer begins with would stand between it and the quote.
      const text = part === "reasoning" ? delta.trimStart() : delta;
      if (text === "") return;
      if (part === "reasoning") saidFrom = shown.length + BREAK.length;
      open("answer");
      shown += text;
    },
    think(delta) {
      // Below an answer that has begun it would break the answer up.
      if (!showsReasoning || delta === "" || part === "answer" || thought >= MAX_REASONING_CHARS) return;
      const text = delta.slice(0, MAX_REASONING_CHARS - thought);
      thought += text.length;
      open("reasoning");
      shown += text.replaceAll("\n", "\n> ");
      if (thought >= MAX_REASONING_CHARS) shown += "…";
    },
    said: () => (part === "answer" ? shown.slice(saidFrom) : ""),
    saidChars: () => (part === "answer" ? shown.length - saidFrom : 0),
    shown: () => shown,
  };
}
