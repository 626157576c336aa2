/** What a model says and, where it is asked for, thinks, as it comes in. The cost of a delta does not grow with the text. */
export interface AnswerText {
  say(delta: string): void;
  /** Shown above what is said, as a quote; left out where it is not asked for. */
  think(delta: string): void;
  /** What was said. */
  said(): string;
  /** What is shown: each text continues the one before. */
  shown(): string;
}

/** Nobody reads more of it, and the answer needs its room. */
const MAX_REASONING_CHARS = 20_000;

export function createAnswerText({ showsReasoning }: { readonly showsReasoning: boolean }): AnswerText {
  let said = "";
  let shown = "";
  let thought = 0;
  let part: "answer" | "reasoning" | undefined;

  const open = (next: "answer" | "reasoning") => {
    if (part === next) return;
    if (part !== undefined) shown += "\n\n";
    if (next === "reasoning") shown += "> ";
    part = next;
  };
  return {
    say(delta) {
      if (delta === "") return;
      // The white space that an answer begins with would stand between it and the quote.
      const text = part === "reasoning" ? delta.trimStart() : delta;
      said += delta;
      if (text === "") return;
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
    said: () => said,
    shown: () => shown,
  };
}
