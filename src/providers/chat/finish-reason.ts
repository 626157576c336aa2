/** What a vendor's word for the end of an answer means; `unknown` where it tells nothing. */
export type FinishKind = "whole" | "length" | "filtered" | "refused" | "broken-off" | "unknown";

/** Finish reasons without case, spaces and signs between their words. */
const KNOWN: Readonly<Record<string, FinishKind>> = {
  stop: "whole",
  stopsequence: "whole",
  stoptoken: "whole",
  eos: "whole",
  eostoken: "whole",
  eot: "whole",
  end: "whole",
  endturn: "whole",
  toolcalls: "whole",
  tooluse: "whole",
  functioncall: "whole",
  refusal: "refused",
  length: "length",
  maxtokens: "length",
  pauseturn: "unknown",
  malformedfunctioncall: "broken-off",
};

/** Judged in this order: "incomplete" holds "complete", "stopped_by_error" holds "stop", "filter_error" is no fault. */
const WORDS: readonly (readonly [FinishKind, RegExp])[] = [
  ["unknown", /unspecified|unknown|^other$|^none$|^null$/],
  ["refused", /refus/],
  [
    "filtered",
    /filter|safety|unsafe|moderat|block|sensitiv|prohibit|policy|guardrail|recitation|spii|risk|violat|censor/,
  ],
  ["filtered", /^language$|flagged|toxic|armor|copyright|harm|abuse|hate|sexual|jailbreak/],
  ["length", /max.?(output.?|new.?|completion.?)?tokens|token.?limit/],
  [
    "broken-off",
    /error|abort|cancel|fail|time.?out|interrupt|incomplete|disconnect|insufficient|resource|network|overload/,
  ],
  [
    "broken-off",
    /unavailable|exception|malformed|unexpected|kill|crash|preempt|shutdown|evict|terminat|broken|rate.?limit/,
  ],
  ["broken-off", /^(un)?load|partial|lost|closed/],
  ["length", /length|max|limit|truncat|window|budget|exceed/],
  ["whole", /stop|eos|eot|eom|end|done|complete|finish|success|^normal$|^tool.?calls?$/],
];

/** Sorts a vendor's finish reason, in any letter case. An unknown word is never taken for a good end. */
export function sortFinish(word: string): FinishKind {
  const text = word.toLowerCase();
  const known = KNOWN[text.replace(/[^a-z]/g, "")];
  return known ?? WORDS.find(([, pattern]) => pattern.test(text))?.[0] ?? "unknown";
}
